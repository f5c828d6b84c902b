import {
  type BackupDestination,
  type BackupModuleExtras,
  type BackupModuleOptions,
  localDirectory,
} from 'nestjs-backup';
import { SharedMaintenance } from '../../lib/maintenance/shared-maintenance.js';
import { VerificationService } from '../../lib/restore/verification.service.js';
import { ScheduledRuns } from '../../lib/store/scheduled-runs.js';
import { engine } from '../fixtures/databases.js';
import { temporaryDirectory } from '../fixtures/files.js';
import { signingPair } from '../fixtures/signing.js';
import { StoringHost } from '../fixtures/storing-host.js';

const sqlite = engine('better-sqlite3 (WAL)');
const on = { page: true, restoreOverHttp: true, backupKey: 'a key of at least twenty characters' };

const SIGNER = signingPair().line;

describe('An application with restoreOverHttp', () => {
  const folder = temporaryDirectory();
  const started: StoringHost[] = [];
  afterEach(async () => {
    for (const host of started.splice(0)) await host.close();
  });
  const start = async (options: BackupModuleOptions & BackupModuleExtras, destination = true) => {
    const vault: Record<string, BackupDestination> = destination ? { vault: localDirectory(folder.path) } : {};
    const host = await StoringHost.start(sqlite, vault, options);
    started.push(host);
    return host;
  };

  it.each<[string, BackupModuleOptions & BackupModuleExtras, RegExp, boolean]>([
    ['without a page', { ...on, page: false }, /page: true/, true],
    ['without a destination', on, /destinations/, false],
    ['with transformRow', { ...on, transformRow: (_, row) => row }, /transformRow/, true],
    [
      'with a point in a destination that is not there',
      { ...on, restorePointDestination: 'other' },
      /Destination/,
      true,
    ],
    ['with restore points that it would not trust', { ...on, trustedSigners: [SIGNER] }, /signingKey/, true],
    ['with a health check that is no function', { ...on, healthCheck: true as never }, /function/, true],
  ])('does not start %s', async (_, options, message, destination) => {
    await expect(start(options, destination)).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(message),
    });
  });

  it('makes no scheduled backup and no scheduled restore test during maintenance, and both afterwards', async () => {
    const host = await start(on);
    const maintenance = host.app.get(SharedMaintenance, { strict: false });
    await host.store.store({ destinations: ['vault'] });
    await maintenance.begin('11111111-1111-4111-8111-111111111111');
    const { signal } = new AbortController();
    const done: string[] = [];
    const scheduledAt = new Date();
    const run = { schedule: 'nightly', scheduledAt: scheduledAt.toISOString() };
    const backup = host.app.get(ScheduledRuns, { strict: false }).storeOnce(run, { destinations: ['vault'], signal });
    const test = host.app.get(VerificationService, { strict: false }).testOnce(scheduledAt, 'vault', { signal });
    void backup.then(() => done.push('backup'));
    void test.then(() => done.push('test'));
    await expect(
      host.app.get(ScheduledRuns, { strict: false }).storeMissing(run, { destinations: ['vault'], signal }),
    ).rejects.toMatchObject({ code: 'LOCKED' });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(done).toEqual([]);
    await maintenance.end();
    expect((await backup)?.result).toBe('success');
    expect((await test)?.restoreTest).toBe(true);
  });
});
