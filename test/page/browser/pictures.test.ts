import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { ScheduleModule } from '@nestjs/schedule';
import { BackupStore, RestoreService } from 'nestjs-backup';
import { BackupScheduleModule } from 'nestjs-backup/schedule';
import type { Page } from 'playwright-core';
import { fillBulk } from '../../fixtures/bulk.js';
import { root } from '../../fixtures/documentation.js';
import type { Host } from '../../fixtures/host.js';
import { seed } from '../../fixtures/host-entities.js';
import { describeInBrowser } from '../../fixtures/in-browser.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { AES_KEY, BACKUP_KEY } from '../../fixtures/secrets.js';
import { describeUnless } from '../../fixtures/unless.js';

const DAY = 86_400_000;
/** Days without a backup, counted back from today. */
const WITHOUT = [9, 23];
const reason = process.env.TEST_PICTURES ? undefined : 'only with TEST_PICTURES=1, which renews docs/page-*.png';

describeUnless(reason, 'Pictures of the page', () => {
  describeInBrowser('for the documentation', (browsing) => {
    let host: Host;
    const [vault, attic] = [new MemoryDestination(), new MemoryDestination()];
    beforeAll(async () => {
      const destinations = { vault, attic };
      const schedules = [
        { name: 'nightly', cron: '0 3 * * *', destinations: Object.keys(destinations), catchUp: false },
      ];
      host = await browsing.start({
        options: { destinations, encryptionKey: AES_KEY, compressionLevel: 0, idleTimeout: 600_000 },
        modules: [ScheduleModule.forRoot(), BackupScheduleModule.forRoot({ schedules })],
      });
      await seed(host.dataSource);
      await makeHistory();
      await fillBulk(host.dataSource, 16);
    });
    afterAll(() => {
      for (const { faults } of [vault, attic]) faults.stallsAfter = 0;
    });

    /** Backups of many days: only the time of day is made up. */
    async function makeHistory(): Promise<void> {
      const store = host.app.get(BackupStore, { strict: false });
      const [midnight, now] = [new Date().setHours(0, 0, 0, 0), Date.now()];
      for (let day = 40; day >= 0; day--) {
        if (WITHOUT.includes(day)) continue;
        const at = Math.min(now, midnight - day * DAY + 3 * 3_600_000);
        jest.useFakeTimers({ now: at, doNotFake: EVERYTHING_BUT_DATE });
        await store.store({ destinations: ['vault', 'attic'] });
        jest.useRealTimers();
        await writeFile(join(host.dataDir, `${day}.txt`), Buffer.alloc(4_000));
      }
      await host.app
        .get(RestoreService, { strict: false })
        .verify({ destination: 'vault', id: 'latest' }, { restore: true });
    }

    const take = async (page: Page, name: string) => {
      await page.screenshot({ path: join(root, `docs/page-${name}.png`) });
    };

    it.each(['light', 'dark'] as const)('show it in %s colours, with a run', async (colorScheme) => {
      const viewport = { width: 1120, height: 900 };
      const { page } = await browsing.visit(host, { colorScheme, viewport, deviceScaleFactor: 1 });
      vault.faults.stallsAfter = 9_000_000;
      await page.getByRole('button', { name: 'Make a backup now' }).click();
      await page.getByRole('button', { name: 'Make the backup' }).click();
      await page.getByLabel('Key', { exact: true }).fill(BACKUP_KEY);
      await page.keyboard.press('Enter');
      await page.getByText(/^[1-9]\d%$/).waitFor();
      await page.getByText(/\/s$/).waitFor();
      await page.evaluate('scrollTo(0, 0)');
      await page.getByRole('button', { name: 'Dismiss' }).click();
      await take(page, colorScheme);
      await page.getByRole('button', { name: 'Cancel the backup' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel the backup' }).click();
      await page.getByText(/^Backup was cancelled/).waitFor();
    });
  });
});

const EVERYTHING_BUT_DATE = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const satisfies readonly string[] as never;
