import { BackupStore } from 'nestjs-backup';
import { Marks } from '../../../lib/store/marks.js';
import { writeRestoreTest } from '../../../lib/store/restore-tests.js';
import type { Host } from '../../fixtures/host.js';
import { seed } from '../../fixtures/host-entities.js';
import { describeInBrowser } from '../../fixtures/in-browser.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { AES_KEY, BACKUP_KEY, secret } from '../../fixtures/secrets.js';

describeInBrowser('A restore test without the seal of the backup', (browsing) => {
  it('is shown where it was made, and why it does not count', async () => {
    const vault = new MemoryDestination();
    const retentionKey = secret('what only the application knows');
    const host = await browsing.start({ options: { destinations: { vault }, encryptionKey: AES_KEY, retentionKey } });
    await seed(host.dataSource);
    const store = host.app.get(BackupStore, { strict: false });
    await store.store({ destinations: ['vault'] });
    const [stored] = await store.list('vault');
    await writeRestoreTest(vault, stored!, Marks.NONE);
    const { page } = await browsing.visit(host);
    const missing = page.getByRole('list', { name: 'What is missing' });
    await missing.getByText('A restore test in “vault” does not count').waitFor();
    await page.getByRole('article').getByText('Restore test that does not count').waitFor();
    expect(await missing.innerText()).toContain('No backup has ever passed a restore test.');
  });
});

describeInBrowser('The page at first sight', (browsing) => {
  let host: Host;
  beforeAll(async () => {
    const destinations = { vault: new MemoryDestination(), attic: new MemoryDestination() };
    host = await browsing.start({ options: { destinations, encryptionKey: AES_KEY } });
    await seed(host.dataSource);
    await host.app.get(BackupStore, { strict: false }).store({ destinations: ['vault'] });
  });

  it('says whether the application is safe, what speaks against it, and what is stored', async () => {
    const { page } = await browsing.visit(host);
    await page.getByRole('heading', { name: 'Are we safe? Mostly' }).waitFor();
    const missing = await page.getByRole('list', { name: 'What is missing' }).getByRole('listitem').allInnerTexts();
    expect(missing).toEqual([
      'Attention: The destination “attic” has no good backup.',
      'Attention: No backup has ever passed a restore test.',
      'Attention: The application plans no next backup: somebody or something else has to make it.',
    ]);
    const [stored] = await page.locator('.backup').allInnerTexts();
    expect(stored).toMatch(/✓ Complete[^]*Encrypted[^]*vault[^]*8 rows, 2 files[^]*on request/);
    expect(await page.getByRole('cell', { name: /: 1 good backup$/ }).count()).toBe(1);
    await page.getByText('Nothing is running.').waitFor();
    expect(await page.title()).toMatch(/^Backups of ./);
  });

  it('shows times in the zone of the reader, with UTC beside them', async () => {
    const { page } = await browsing.visit(host, { timezoneId: 'Asia/Kolkata' });
    const time = page.locator('.backup time').first();
    const at = new Date((await time.getAttribute('datetime'))!);
    const india = at.toLocaleTimeString('en-GB', { timeStyle: 'short', timeZone: 'Asia/Kolkata' });
    expect(await time.innerText()).toContain(`, ${india} (`);
    expect(await time.innerText()).toMatch(`${at.toISOString().slice(11, 16)} UTC)`);
    expect(await time.getAttribute('title')).toBe(at.toISOString());
  });

  it.each([
    ['superuser', 403, 'NOT_SYSTEM_USER'],
    ['regular', 403, 'NOT_SYSTEM_USER'],
    ['nobody', 401, 'NOT_LOGGED_IN'],
  ])('is not there for the user %s', async (user, status, code) => {
    const { page } = await browsing.visit(host, { user });
    const answer = await page.reload();
    expect(answer!.status()).toBe(status);
    expect(JSON.parse(await page.locator('body').innerText())).toMatchObject({ code });
  });

  it('says so when the user is logged out meanwhile, and goes on after a new login', async () => {
    const { page } = await browsing.visit(host);
    await page.getByText('Nothing is running.').waitFor();
    const context = page.context();
    const cookies = await context.cookies();
    await context.clearCookies();
    await page.getByRole('button', { name: 'Test whether' }).first().click();
    await page.getByLabel('Key', { exact: true }).fill(BACKUP_KEY);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('alert').getByText('NOT_LOGGED_IN').waitFor();
    await context.addCookies(cookies);
    await page.getByRole('button', { name: 'Test whether' }).first().click();
    await page.getByText('The restore test has started.').waitFor();
    await page.getByText('Restore test has finished.').waitFor();
  });

  describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
    it.each([1280, 360])('is accessible and fits into %d pixels, its dialogs too', async (width) => {
      const visit = await browsing.visit(host, { colorScheme, viewport: { width, height: 800 } });
      const { page } = visit;
      const check = async (what: string) => {
        const beyond = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        expect({ what, breaks: await visit.unaccessible(), beyond }).toEqual({ what, breaks: [], beyond: 0 });
      };
      await page.getByRole('button', { name: /^Download/ }).waitFor();
      await check('the page');
      await page.getByRole('button', { name: /^Content/ }).click();
      await page.getByRole('cell', { name: /^\d/ }).first().waitFor();
      await check('the content of a backup');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: /^Download/ }).click();
      await page.getByLabel('Key', { exact: true }).waitFor();
      await check('the dialog that asks for the key');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Make a backup now' }).click();
      await page.getByLabel('Download it with this browser').check();
      await page.getByLabel('With a new key').check();
      await check('the dialog that makes a backup');
    });
  });

  it('has everything that can be reached by a mouse on the keyboard, and gives the focus back', async () => {
    const { page } = await browsing.visit(host);
    await page.getByRole('button', { name: /^Download/ }).waitFor();
    const focused = () => page.evaluate<string>('document.activeElement.textContent');
    const reached = new Set<string>();
    for (let presses = 0; presses < 30; presses++) {
      await page.keyboard.press('Tab');
      reached.add(await focused());
    }
    for (const button of await page.getByRole('button').allTextContents()) expect(reached).toContain(button);

    const content = page.getByRole('button', { name: /^Content/ });
    await content.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Content of the backup' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await focused()).toBe(await content.textContent());
  });
});
