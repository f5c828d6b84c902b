import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { BackupStore, RestoreService } from 'nestjs-backup';
import type { Page } from 'playwright-core';
import { BACKUP_OPTIONS } from '../../../lib/options/resolved-options.js';
import { LinkTokens } from '../../../lib/page/link-tokens.js';
import { fillBulk } from '../../fixtures/bulk.js';
import { ENDPOINT, type Host } from '../../fixtures/host.js';
import { seed } from '../../fixtures/host-entities.js';
import { describeInBrowser } from '../../fixtures/in-browser.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { AES_KEY, BACKUP_KEY, secret } from '../../fixtures/secrets.js';
import { until } from '../../fixtures/wait.js';

describeInBrowser('The page', (browsing) => {
  let host: Host;
  const vault = new MemoryDestination();
  /** Keeps a run going until somebody cancels it. */
  const slow = new MemoryDestination({ stallsAfter: 100_000 });
  beforeAll(async () => {
    const options = {
      destinations: { vault, slow },
      encryptionKey: AES_KEY,
      compressionLevel: 0,
      idleTimeout: 600_000,
    };
    host = await browsing.start({ options });
    await seed(host.dataSource);
    await fillBulk(host.dataSource, 16);
    await host.app.get(BackupStore, { strict: false }).store({ destinations: ['vault'] });
  });

  const giveKey = async (page: Page, key = BACKUP_KEY) => {
    await page.getByRole('dialog', { name: 'Backup key' }).getByLabel('Key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Continue' }).click();
  };
  const make = async (page: Page, destination: string) => {
    await page.getByRole('button', { name: 'Make a backup now' }).click();
    await page.getByLabel(`Into the destination “${destination}”`).check();
    await page.getByRole('button', { name: 'Make the backup' }).click();
  };
  const bytesOf = async (page: Page, trigger: () => Promise<void>) => {
    const begun = page.waitForEvent('download');
    await trigger();
    const download = await begun;
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  };

  it('makes a backup into a destination, which is in the list when it is done', async () => {
    const { page } = await browsing.visit(host);
    const stored = page.getByRole('button', { name: /^Download/ });
    await stored.first().waitFor();
    const before = await stored.count();
    await make(page, 'vault');
    await giveKey(page);
    await page.getByText('A backup into “vault” has started.').waitFor();
    await page.getByText('Backup has finished.').waitFor();
    await stored.nth(before).waitFor();
    await page.getByText('Nothing is running.').waitFor();
  });

  it('makes one by the keyboard alone', async () => {
    const visit = await browsing.visit(host);
    const { keyboard } = visit.page;
    const focus = (text: string) =>
      until(`the focus is on ${text}`, async () => {
        await keyboard.press('Tab');
        const is = `document.activeElement.matches(':focus-visible') && document.activeElement.closest('button, p')`;
        return visit.page.evaluate<boolean>(`(${is})?.textContent.startsWith(${JSON.stringify(text)}) === true`);
      });
    await visit.page.getByText('Nothing is running.').waitFor();
    await focus('Make a backup now');
    await keyboard.press('Enter');
    await focus('Into the destination “vault”');
    await keyboard.press('Enter');
    await visit.page.getByRole('dialog', { name: 'Backup key' }).waitFor();
    await keyboard.type(BACKUP_KEY);
    await keyboard.press('Enter');
    await visit.page.getByText('Backup has finished.').waitFor();
    expect(await visit.presses()).toBe(0);
  });

  it('shows a run while it runs, after a reload too, and cancels it', async () => {
    const { page } = await browsing.visit(host);
    await make(page, 'slow');
    await giveKey(page);
    const run = page.getByRole('article', { name: /^Backup: / });
    const bar = run.getByRole('progressbar', { name: 'Backup, progress' });
    await bar.waitFor();
    await page.reload();
    await bar.waitFor();
    await run.getByText(/started by ops over HTTP/).waitFor();
    await run
      .getByText(/[1-9][\d.]* MB/)
      .first()
      .waitFor();
    await run.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the backup' }).click();
    await giveKey(page);
    await page.getByText(/^Backup was cancelled/).waitFor();
    await page.getByText('Nothing is running.').waitFor();
    await host.unlocked(10_000);
    expect(slow.objects.size).toBe(0);
  });

  it('downloads a stored backup as it is stored, in three presses at most', async () => {
    const visit = await browsing.visit(host);
    const { page } = visit;
    const button = page.getByRole('button', { name: /^Download/ }).last();
    await button.waitFor();
    const { name, bytes } = await bytesOf(page, async () => {
      await button.click();
      await giveKey(page);
    });
    expect(await visit.presses()).toBeLessThanOrEqual(3);
    expect(bytes.equals(vault.objects.get(name)!)).toBe(true);
    expect(name).toMatch(/\.zip\.crypt$/);

    // The key is known now.
    expect((await bytesOf(page, () => button.click())).name).toBe(name);
    expect(await visit.presses()).toBe(1);
  });

  it('hands out links that expire', async () => {
    const { page } = await browsing.visit(host);
    const [archive] = [...vault.objects.keys()].filter((name) => name.endsWith('.crypt'));
    const { backupKeyDigest } = host.app.get(BACKUP_OPTIONS, { strict: false });
    const link = { destination: 'vault', archive: archive!, user: 'ops', expiresAt: Date.now() - 1 };
    const token = new LinkTokens(backupKeyDigest).sign(link);
    const answer = await page.goto(`${host.url}${ENDPOINT}downloads/${token}`);
    expect(answer!.status()).toBe(410);
    expect(await answer!.json()).toMatchObject({ code: 'LINK_EXPIRED' });
  });

  it('tests whether a backup can be restored, and shows that it was', async () => {
    const { page } = await browsing.visit(host);
    await page.getByRole('button', { name: /^Test/ }).last().click();
    await giveKey(page);
    await page.getByText('The restore test has started.').waitFor();
    await page.getByText('Restore test has finished.').waitFor();
    await page.getByText('✓ Restore test passed').waitFor();
  });

  it('makes a backup that is downloaded, with a key that can be used once it was saved', async () => {
    const { page } = await browsing.visit(host);
    // Its dialog belongs to the system, where no test can press anything.
    await page.evaluate('delete window.showSaveFilePicker');
    await page.getByRole('button', { name: 'Make a backup now' }).click();
    await page.getByLabel('Download it with this browser').check();
    await page.getByLabel('With a new key, made in this browser').check();
    const submit = page.getByRole('button', { name: 'Make the backup' });
    expect(await submit.isDisabled()).toBe(true);
    const kit = await bytesOf(page, () => page.getByRole('button', { name: 'Save the recovery kit' }).click());
    const aesKey = secret(await page.getByLabel('The new key').inputValue());
    expect(kit.name).toMatch(/^recovery-kit-.*\.txt$/);
    expect(kit.bytes.toString().split('\n')).toContain(aesKey);
    const archive = await bytesOf(page, async () => {
      await submit.click();
      await giveKey(page);
    });
    await page.getByText('The backup is saved').waitFor();
    expect(kit.bytes.toString()).toContain(archive.name);
    const path = await page.evaluate<string>('location.pathname');
    expect(path).toBe(`${ENDPOINT}page`);
    const restores = host.app.get(RestoreService, { strict: false });
    const { manifest } = await restores.verify(Readable.from([archive.bytes]), { aesKey });
    expect(manifest).toMatchObject({ complete: true });
  });

  it('takes a key for the new one that somebody says to have stored', async () => {
    const { page } = await browsing.visit(host);
    await page.getByRole('button', { name: 'Make a backup now' }).click();
    await page.getByLabel('Download it with this browser').check();
    await page.getByLabel('With a new key, made in this browser').check();
    const make = page.getByRole('button', { name: 'Make the backup' });
    await until('a key is missing', () => make.isDisabled(), 5_000);
    await page.getByLabel('I have stored this key').check();
    await until('there is a key', () => make.isEnabled(), 5_000);
    await page.getByLabel('With a key that I have').check();
    await until('a key is missing', () => make.isDisabled(), 5_000);
    await page.getByLabel('The encryption key').fill('too short');
    await page.getByText('this is neither').waitFor();
  });

  it('asks again for a wrong key, and tells how long to wait after too many', async () => {
    const { page } = await browsing.visit(host);
    await page
      .getByRole('button', { name: /^Download/ })
      .last()
      .click();
    await giveKey(page, 'not the key at all, but long');
    await page.getByRole('alert').getByText('This was not the backup key.').waitFor();
    const { name } = await bytesOf(page, () => giveKey(page));
    expect(vault.objects.has(name)).toBe(true);

    await page.getByRole('button', { name: 'Forget the key' }).click();
    await page
      .getByRole('button', { name: /^Download/ })
      .last()
      .click();
    const wait = page.getByText(/Try again in \d+/);
    await until(
      'too many wrong keys were tried',
      async () => {
        if (await wait.isVisible()) return true;
        const field = page.getByLabel('Key', { exact: true });
        if (await field.isVisible()) {
          await field.fill('not the key at all, but long');
          await page.keyboard.press('Enter');
        }
        return false;
      },
      60_000,
    );
    expect(await page.getByRole('button', { name: 'Continue' }).isDisabled()).toBe(true);
  });
});
