import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type BackupDestination, localDirectory } from 'nestjs-backup';
import type { UploadAnswer } from '../../../lib/page/page-api.js';
import { describeEachAdapter, type Host } from '../../fixtures/host.js';
import { seed } from '../../fixtures/host-entities.js';
import { AES_KEY } from '../../fixtures/secrets.js';
import { PageClient, withPage } from '../page-host.js';
import { madeArchive } from './made-archive.js';
import { UploadClient } from './upload-client.js';

jest.setTimeout(60_000);

const MOST = 3;

describeEachAdapter('An upload beside what others put into its destination', (hosting) => {
  let host: Host;
  let client: UploadClient;
  const folder = mkdtempSync(join(tmpdir(), 'nestjs-backup-others-'));
  /** Names of objects that the application may list and not read. */
  const unreadable = new Set<string>();
  const at = (name: string) => join(folder, name);
  const objects = (id: string) => readdirSync(folder).filter((name) => name.startsWith(`upload-${id}`));

  beforeAll(async () => {
    const inner = localDirectory(folder);
    const vault: BackupDestination = Object.assign(Object.create(inner) as BackupDestination, {
      open: (name: string) => (unreadable.has(name) ? Promise.reject(new Error('EACCES')) : inner.open(name)),
    });
    const options = { destinations: { vault }, encryptionKey: AES_KEY, uploads: { maxUnfinished: MOST } };
    host = await hosting.start(withPage(options));
    client = new UploadClient(host.url);
    await seed(host.dataSource);
  });
  afterEach(() => {
    for (const name of readdirSync(folder)) rmSync(at(name));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const begin = async (size: number, filename = 'a.zip.crypt') =>
    (await client.begin({ filename, size })).json as UploadAnswer;
  const stored = async () => (await new PageClient(host).get('backups')).json.items;

  it.each<[string, (path: string) => void]>([
    ['a text', (path) => writeFileSync(path, 'no JSON')],
    ['a text that is too long', (path) => writeFileSync(path, ' '.repeat(1_000_000))],
    ['JSON of somebody else', (path) => writeFileSync(path, '{"format":"nestjs-backup-upload/1","seal":"00"}')],
    ['a link', (path) => symlinkSync('/etc/hostname', path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ])('is not kept from beginning and ending by %s', async (_what, put) => {
    put(at(`upload-${randomUUID()}.json`));
    const { filename, archive: bytes } = await madeArchive(host);
    const upload = await begin(bytes.length, filename);
    expect((await client.list()).map(({ id }) => id)).toEqual([upload.id]);
    put(at(`upload-${upload.id}.result.json`));
    expect((await client.state(upload)).json).toMatchObject({ state: 'receiving', offset: 0 });
    rmSync(at(`upload-${upload.id}.result.json`));
    expect((await client.patch(upload, 0, bytes)).status).toBe(204);
    expect((await client.check(upload)).status).toBe(202);
    expect((await client.ended(upload)).state).toBe('stored');
  });

  it('is not kept from beginning by what cannot be read, of which the log has one line', async () => {
    for (let index = 0; index < 20; index++) {
      const name = `upload-${randomUUID()}.json`;
      unreadable.add(name);
      writeFileSync(at(name), '{}');
    }
    const warn = jest.spyOn(Logger.prototype, 'warn');
    const upload = await begin(10);
    warn.mockClear();
    expect((await client.list()).map(({ id }) => id)).toEqual([upload.id]);
    const said = warn.mock.calls
      .map(([message]) => String(message))
      .filter((text) => text.includes('could not be read'));
    expect(said).toEqual([expect.stringMatching(/^20 uploads in "vault" could not be read: .*EACCES/)]);
    warn.mockRestore();
  });

  it('consists of nothing but the pieces that its user has sent', async () => {
    const [sent, forged] = [await madeArchive(host), await madeArchive(host, { plaintext: true })];
    const upload = await begin(Math.min(sent.archive.length, forged.archive.length), sent.filename);
    const half = sent.archive.subarray(0, 100);
    expect((await client.patch(upload, 0, half)).status).toBe(204);
    const [piece] = objects(upload.id).filter((name) => !name.endsWith('.json'));
    // Named as a piece is, with everything that can be seen, and larger than what is there.
    for (const name of [`${piece!.slice(0, -16)}${randomBytes(8).toString('hex')}`, piece!.replace(/\d(?=-)/, '1')]) {
      writeFileSync(at(name), forged.archive);
    }
    const other = await begin(forged.archive.length);
    writeFileSync(at(piece!.replace(upload.id, other.id)), forged.archive);
    expect((await client.state(upload)).json).toMatchObject({ state: 'receiving', offset: 100 });
    expect((await client.state(other)).json).toMatchObject({ state: 'receiving', offset: 0 });
    expect((await client.check(other)).json).toMatchObject({ code: 'UPLOAD_INCOMPLETE' });
    expect(await stored()).toEqual([]);
  });

  it('is refused by its check too when it is not encrypted', async () => {
    const { filename, archive: bytes } = await madeArchive(host, { plaintext: true });
    const upload = await begin(bytes.length, filename);
    const cipher = Buffer.concat([Buffer.from([0x28]), bytes.subarray(1)]);
    expect((await client.patch(upload, 0, cipher)).status).toBe(204);
    const [piece] = objects(upload.id).filter((name) => !name.endsWith('.json'));
    // By somebody who may replace objects.
    writeFileSync(at(piece!), bytes);
    expect(await client.check(upload)).toMatchObject({ status: 409, json: { code: 'UPLOAD_REFUSED' } });
    expect(await stored()).toEqual([]);
    expect(readFileSync(at(`upload-${upload.id}.json`), 'utf8')).toContain('"plaintext": false');
  });

  it('is one of no more than there may be, however many begin at once', async () => {
    const begun = await Promise.all(Array.from({ length: 12 }, () => client.begin({ filename: 'a', size: 10 })));
    const statuses = begun.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([...Array(MOST).fill(201), ...Array(12 - MOST).fill(409)]);
    expect(readdirSync(folder)).toHaveLength(MOST);
  });
});
