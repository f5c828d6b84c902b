import type { Host } from '../../fixtures/host.js';
import { describeInBrowser } from '../../fixtures/in-browser.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { BACKUP_KEY } from '../../fixtures/secrets.js';
import { TcpProxy } from '../../fixtures/tcp-proxy.js';

describeInBrowser('The page without its server', (browsing) => {
  let host: Host;
  let wire: TcpProxy;
  let url: string;
  beforeAll(async () => {
    host = await browsing.start({ options: { destinations: { vault: new MemoryDestination() } } });
    const { proxy, options } = await TcpProxy.before({ url: host.url } as never);
    wire = proxy;
    ({ url } = options as { url: string });
  });
  afterAll(() => wire.close());

  it('says that the connection is lost and from when its state is, and goes on when the server is back', async () => {
    const { page } = await browsing.visit({ url: new URL(url).origin });
    await page.getByText('Nothing is running.').waitFor();
    wire.refuse();
    const lost = page.getByRole('status').getByText('Connection lost');
    await lost.waitFor();
    await page.getByText(/Last known state from \d/).waitFor();
    // What is known is still there.
    await page.getByText('Nothing is running.').waitFor();
    wire.accept();
    await lost.waitFor({ state: 'detached' });

    // It is told of what happens again, and not only asked for.
    await page.getByRole('button', { name: 'Make a backup now' }).click();
    await page.getByRole('button', { name: 'Make the backup' }).click();
    await page.getByLabel('Key', { exact: true }).fill(BACKUP_KEY);
    await page.keyboard.press('Enter');
    await page.getByText('Backup has finished.').waitFor();
  });

  it('says that nobody is logged in any more, asks no further, and goes on after a login', async () => {
    const { page } = await browsing.visit({ url: new URL(url).origin });
    await page.getByText('Nothing is running.').waitFor();
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    wire.cut();
    await page.getByRole('status').getByText('You are no longer logged in.').waitFor();
    await page.context().addCookies(cookies);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('status').getByText('You are no longer logged in.').waitFor({ state: 'detached' });
  });

  it('tells of an action that did not reach the server, and does it at the next attempt', async () => {
    const { page } = await browsing.visit({ url: new URL(url).origin });
    const download = page.getByRole('button', { name: /^Download/ });
    await download.waitFor();
    wire.refuse();
    await download.click();
    await page.getByLabel('Key', { exact: true }).fill(BACKUP_KEY);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('UNREACHABLE').waitFor();
    wire.accept();
    const begun = page.waitForEvent('download');
    await download.click();
    expect((await begun).suggestedFilename()).toMatch(/\.zip$/);
  });
});
