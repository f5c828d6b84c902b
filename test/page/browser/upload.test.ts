import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupService } from 'nestjs-backup';
import type { Page } from 'playwright-core';
import { fillBulk } from '../../fixtures/bulk.js';
import { GatedDestination } from '../../fixtures/gated-destination.js';
import type { Host } from '../../fixtures/host.js';
import { Project, seed } from '../../fixtures/host-entities.js';
import { describeInBrowser } from '../../fixtures/in-browser.js';
import { AES_KEY, BACKUP_KEY, secret } from '../../fixtures/secrets.js';
import { TcpProxy } from '../../fixtures/tcp-proxy.js';

const OTHER_KEY = secret('2'.repeat(64));
const CUTS = 6;

describeInBrowser('An upload from the page', (browsing) => {
  let host: Host;
  let vault: GatedDestination;
  let wire: TcpProxy;
  let url: string;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-upload-'));
    vault = new GatedDestination();
    host = await browsing.start({
      options: { destinations: { vault }, encryptionKey: AES_KEY, compressionLevel: 0 },
      extras: { restoreOverHttp: true },
    });
    await seed(host.dataSource);
    await fillBulk(host.dataSource, 12);
    const { proxy, options } = await TcpProxy.before({ url: host.url } as never);
    wire = proxy;
    ({ url } = options as { url: string });
  });
  beforeEach(() => Object.assign(vault, { allowed: Infinity, taken: 0 }));
  // Nobody is to see what another test has left.
  afterEach(() => {
    for (const name of vault.objects.keys()) if (name.startsWith('upload-')) vault.objects.delete(name);
  });
  afterAll(async () => {
    wire.close();
    await rm(folder, { recursive: true });
  });

  const make = async (options: object = {}, change = (archive: Buffer) => archive) => {
    const { id, filename, stream } = await host.app.get(BackupService, { strict: false }).create(options);
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const archive = change(Buffer.concat(chunks));
    const path = join(folder, `${id}-${filename}`);
    await writeFile(path, archive);
    return { id, path, archive, name: `${id}-${filename}` };
  };
  const begin = async (page: Page, path: string, more = async () => {}) => {
    await page.getByRole('button', { name: 'Upload a backup' }).click();
    await page.getByLabel('The archive').setInputFiles(path);
    await more();
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await page.getByLabel('Key', { exact: true }).fill(BACKUP_KEY);
    await page.keyboard.press('Enter');
  };
  const storedAs = (id: string) => [...vault.objects].find(([name]) => name.endsWith(`${id}.zip.crypt`))?.[1];
  const visit = () => browsing.visit({ url: new URL(url).origin });

  it('goes on from where it was whenever its connection is cut, is checked, stored, and restored from there', async () => {
    const { id, path, archive } = await make();
    await host.dataSource.getRepository(Project).save({ name: 'made after the backup' });
    const { page } = await visit();
    vault.allowed = 0;
    await begin(page, path);
    for (let cut = 1; cut <= CUTS; cut++) {
      vault.allowed = Math.floor((archive.length * cut) / (CUTS + 1));
      await vault.isFull();
      wire.cut();
    }
    vault.allowed = Infinity;
    await page.getByText(/^It is stored/).waitFor();
    expect(storedAs(id)!.equals(archive)).toBe(true);
    // What had arrived before a cut was not sent again, except for what was on its way.
    expect(vault.taken).toBeLessThan(archive.length * 1.5);
    await page.locator('.backup').getByText('Uploaded', { exact: true }).waitFor();

    await page.getByRole('button', { name: /^Restore… what was uploaded/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Restore a backup' });
    await dialog.getByLabel(/to confirm$/).fill(await dialog.locator('label strong').innerText());
    await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
    await page.getByRole('heading', { name: 'Last restore Restored' }).waitFor();
    const projects = await host.dataSource.getRepository(Project).find();
    expect(projects.map(({ name }) => name)).not.toContain('made after the backup');
    await page
      .getByRole('button', { name: /^Dismiss the upload/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'Uploads' }).waitFor({ state: 'detached' });
  });

  it('is paused, and goes on after the page was loaded again, with the same file and no other', async () => {
    const { id, path, archive } = await make();
    const other = await make();
    await writeFile(other.path, archive);
    const { page } = await visit();
    vault.allowed = Math.floor(archive.length / 3);
    await begin(page, path);
    await vault.isFull();
    await page.getByRole('button', { name: /^Pause/ }).click();
    await page.getByRole('button', { name: /^Continue/ }).waitFor();
    await page.reload();
    await page.getByText('It is not complete yet').waitFor();
    const again = page.getByLabel(/again to continue$/);
    await again.setInputFiles(other.path);
    await page.getByRole('alert').getByText('was changed since a part of it was uploaded').waitFor();
    vault.allowed = Infinity;
    await again.setInputFiles(path);
    await page.getByLabel('Key', { exact: true }).fill(BACKUP_KEY);
    await page.keyboard.press('Enter');
    await page.getByText(/^It is stored/).waitFor();
    expect(storedAs(id)!.equals(archive)).toBe(true);
    expect(vault.taken).toBeLessThan(archive.length * 1.5);
    await page.getByRole('button', { name: /^Dismiss the upload/ }).click();
  });

  it('of a damaged archive is refused, and leaves nothing', async () => {
    const { id, path } = await make({}, (archive) => {
      archive[archive.length >> 1]! ^= 1;
      return archive;
    });
    const { page } = await visit();
    await begin(page, path);
    await page.getByText(/^It was refused/).waitFor();
    await page
      .getByRole('alert')
      .getByText(/segment \d+ is damaged/)
      .waitFor();
    await page.getByRole('alert').getByText('DECRYPTION_FAILED').waitFor();
    expect(storedAs(id)).toBeUndefined();
    expect([...vault.objects.keys()].filter((name) => /^upload-.*\.\d+-/.test(name))).toEqual([]);
    await page.getByRole('button', { name: /^Dismiss the upload/ }).click();
    await page.getByRole('heading', { name: 'Uploads' }).waitFor({ state: 'detached' });
  });

  it('asks before an archive without encryption is stored, and for the key of another', async () => {
    const plain = await make({ plaintext: true });
    const { page } = await visit();
    await page.getByRole('button', { name: 'Upload a backup' }).click();
    await page.getByLabel('The archive').setInputFiles(plain.path);
    const upload = page.getByRole('button', { name: 'Upload', exact: true });
    expect(await upload.isDisabled()).toBe(true);
    await page.getByLabel(/^It is not encrypted/).check();
    await upload.click();
    await page.getByLabel('Key', { exact: true }).fill(BACKUP_KEY);
    await page.keyboard.press('Enter');
    await page.getByText(/^It is stored/).waitFor();
    await page.getByRole('button', { name: /^Dismiss the upload/ }).click();

    const foreign = await make({ aesKey: OTHER_KEY });
    await page.getByRole('button', { name: 'Upload a backup' }).click();
    await page.getByLabel('The archive').setInputFiles(foreign.path);
    await upload.click();
    await page.getByRole('alert').getByText('DECRYPTION_FAILED').waitFor();
    await page.getByLabel(/^Its key or identity/).fill(OTHER_KEY);
    await page.getByRole('button', { name: /^Check and store/ }).click();
    await page.getByText(/^It is stored/).waitFor();
    expect(storedAs(foreign.id)!.equals(foreign.archive)).toBe(true);
    await page.getByRole('button', { name: /^Dismiss the upload/ }).click();
  });

  it.each([
    ['light', 1280],
    ['light', 360],
    ['dark', 1280],
    ['dark', 360],
  ] as const)('is accessible in %s colours and fits into %d pixels', async (colorScheme, width) => {
    const options = { colorScheme, viewport: { width, height: 800 } };
    const visiting = await browsing.visit({ url: new URL(url).origin }, options);
    const { page } = visiting;
    const check = async (what: string) => {
      const beyond = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      expect({ what, breaks: await visiting.unaccessible(), beyond }).toEqual({ what, breaks: [], beyond: 0 });
    };
    const { path, archive } = await make({ aesKey: OTHER_KEY });
    vault.allowed = Math.floor(archive.length / 2);
    await begin(page, path, () => check('the dialog'));
    await vault.isFull();
    await page.getByRole('button', { name: /^Pause/ }).waitFor();
    await check('an upload');
    await page.getByRole('button', { name: /^Pause/ }).click();
    await page.getByRole('button', { name: /^Continue/ }).waitFor();
    await check('a paused upload');
    vault.allowed = Infinity;
    await page.getByRole('button', { name: /^Continue/ }).click();
    await page.getByRole('alert').waitFor();
    await check('an upload that could not be checked');
    await page.getByLabel(/^Its key or identity/).fill(OTHER_KEY);
    await page.getByRole('button', { name: /^Check and store/ }).click();
    await page.getByText(/^It is stored/).waitFor();
    await check('an upload that is stored');
    await page.getByRole('button', { name: /^Dismiss the upload/ }).click();
  });
});
