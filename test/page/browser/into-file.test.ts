import { Readable } from 'node:stream';
import { RestoreService } from 'nestjs-backup';
import type { Page } from 'playwright-core';
import { fillBulk } from '../../fixtures/bulk.js';
import type { Host } from '../../fixtures/host.js';
import { describeInBrowser } from '../../fixtures/in-browser.js';
import { BACKUP_KEY } from '../../fixtures/secrets.js';
import { TcpProxy } from '../../fixtures/tcp-proxy.js';
import { until } from '../../fixtures/wait.js';

/** A file of the browser's own instead of one that is chosen in a dialog of the system, where no test can press anything. */
const CHOOSE = `
  window.showSaveFilePicker = async ({ suggestedName }) => {
    const folder = await navigator.storage.getDirectory();
    return folder.getFileHandle(suggestedName, { create: true });
  };
`;
const FILES = `(async () => {
  const folder = await navigator.storage.getDirectory();
  const files = [];
  for await (const [name, handle] of folder.entries()) {
    const text = await new Promise(async (resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
      reader.readAsDataURL(await handle.getFile());
    });
    files.push([name, text]);
  }
  return files;
})()`;

describeInBrowser('A backup that the page writes into a file', (browsing) => {
  let host: Host;
  let wire: TcpProxy;
  let url: string;
  beforeAll(async () => {
    host = await browsing.start({ options: { compressionLevel: 0 } });
    await fillBulk(host.dataSource, 60);
    const { proxy, options } = await TcpProxy.before({ url: host.url } as never);
    wire = proxy;
    ({ url } = options as { url: string });
  });
  afterAll(() => wire.close());

  const begin = async () => {
    const { page } = await browsing.visit({ url: new URL(url).origin });
    await page.evaluate(CHOOSE);
    await page.getByRole('button', { name: 'Make a backup now' }).click();
    await page.getByLabel('None: whoever has the file can read it').check();
    await page.getByRole('button', { name: 'Make the backup' }).click();
    await page.getByLabel('Key', { exact: true }).fill(BACKUP_KEY);
    return page;
  };
  const filesOf = async (page: Page) => new Map(await page.evaluate<[string, string][]>(FILES));

  it('is whole', async () => {
    const page = await begin();
    await page.keyboard.press('Enter');
    await page.getByText('The backup is saved').waitFor();
    const [[name, content] = []] = await filesOf(page);
    expect(name).toMatch(/^backup-\d{8}T\d{6}Z\.zip$/);
    const archive = Readable.from([Buffer.from(content!, 'base64')]);
    const { manifest } = await host.app.get(RestoreService, { strict: false }).verify(archive);
    expect(manifest.complete).toBe(true);
  });

  it.each<[how: string, end: (page: Page) => Promise<void>, told: string]>([
    [
      'breaks',
      async (page) => {
        wire.cut();
        await page.evaluate('goOn()');
      },
      'The archive broke off before its end, so nothing was saved.',
    ],
    [
      'is cancelled',
      (page) => page.getByRole('button', { name: 'Cancel the download' }).click(),
      'The backup was cancelled, and nothing was saved.',
    ],
  ])('is not there if the download %s', async (_, end, told) => {
    const page = await begin();
    await page.evaluate(HOLD);
    await page.keyboard.press('Enter');
    await page.getByText(/[1-9][\d.]* MB so far/).waitFor();
    await end(page);
    await page.getByText(told).waitFor();
    expect(await filesOf(page)).toEqual(new Map());
    await until('the backup has ended', () => host.events.at(-1)?.event === 'backup.aborted', 10_000);
  });
});

/** Takes no more than some megabytes until `goOn` is called: the rest does not fit into the buffers on the way. */
const HOLD = `{
  const { pipeTo } = ReadableStream.prototype;
  const held = new Promise((resolve) => { window.goOn = resolve; });
  let bytes = 0;
  const holding = () => new TransformStream({ transform: async (chunk, controller) => {
    bytes += chunk.length;
    if (bytes > 3e6) await held;
    controller.enqueue(chunk);
  } });
  ReadableStream.prototype.pipeTo = function (...given) { return pipeTo.apply(this.pipeThrough(holding()), given); };
}`;
