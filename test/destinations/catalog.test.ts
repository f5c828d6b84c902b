import { readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localDirectory, RestoreService } from 'nestjs-backup';
import { engine } from '../fixtures/databases.js';
import { plant } from '../fixtures/files.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { objectsOf } from './conformance.js';

describe('Among the objects of a destination', () => {
  let host: StoringHost;
  let folder: string;
  let ids: string[];
  let archives: string[];
  /** What three backups have left there; each test begins with it. */
  const stored = new Map<string, Buffer>();
  const at = (name: string) => join(folder, name);
  const problems = async () =>
    Object.fromEntries(
      (await host.store.list('vault')).map(({ id, result, problem }) => [ids.indexOf(id), problem ?? result]),
    );
  const restore = (id: string) =>
    host.app.get(RestoreService).restore({ destination: 'vault', id }, { dryRun: true, replace: true });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-'));
    host = await StoringHost.start(engine('better-sqlite3'), { vault: localDirectory(folder) });
    const store = () => host.store.store({ destinations: ['vault'] });
    const reports = [await store(), await store(), await store()];
    ids = reports.map(({ id }) => id);
    archives = reports.map(({ destinations }) => destinations[0]!.archive);
    for (const name of readdirSync(folder)) stored.set(name, readFileSync(at(name)));
  });
  beforeEach(() => {
    for (const name of readdirSync(folder)) rmSync(at(name), { recursive: true });
    for (const [name, bytes] of stored) writeFileSync(at(name), bytes);
  });
  afterAll(async () => {
    await host.close();
    rmSync(folder, { recursive: true });
  });

  it('the newest come first, also of the same second', async () => {
    expect((await host.store.list('vault')).map(({ id }) => id)).toEqual(ids.toReversed());
    expect((await restore('latest')).manifest.id).toBe(ids[2]);
  });

  it('an archive without a manifest, a manifest without an archive and a cut archive are failed backups', async () => {
    renameSync(at(`${archives[0]}.json`), at('elsewhere'));
    renameSync(at(archives[1]!), at('somewhere'));
    truncateSync(at(archives[2]!), 1_000);
    expect(await problems()).toEqual({
      0: expect.stringContaining('has no manifest'),
      1: 'its archive is missing',
      2: expect.stringMatching(/has 1000 bytes instead of \d+/),
    });
    for (const id of [...ids, 'latest']) await expect(restore(id)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['of another format', '{"format":"nestjs-backup-stored/2"}'],
    ['without an end', (text: string) => text + ' '.repeat(70_000)],
  ])('a manifest that is %s makes a failed backup of it, and none of the others', async (_what, content) => {
    const path = at(`${archives[1]}.json`);
    writeFileSync(path, typeof content === 'string' ? content : content(readFileSync(path, 'utf8')));
    expect(await problems()).toEqual({ 0: 'success', 1: expect.stringContaining('manifest'), 2: 'success' });
  });

  it('files of others are passed over', async () => {
    plant(folder, { 'notes.txt': 'x', 'backup-20260101T000000Z.zip': 'x', 'backup-x.zip.json': '{}' });
    expect(await problems()).toEqual({ 0: 'success', 1: 'success', 2: 'success' });
    expect(await objectsOf(localDirectory(folder))).toHaveLength(9);
  });

  it('an archive under the name of another is refused by its own id', async () => {
    const bytes = readFileSync(at(archives[0]!));
    writeFileSync(at(archives[1]!), bytes);
    const beside = JSON.parse(readFileSync(at(`${archives[1]}.json`), 'utf8'));
    writeFileSync(at(`${archives[1]}.json`), JSON.stringify({ ...beside, bytes: bytes.length }));
    await expect(restore(ids[1]!)).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining(`it is not backup ${ids[1]}`),
    });
  });

  it('one that is not there is said so', async () => {
    const none = '00000000-0000-4000-8000-000000000000';
    await expect(restore(none)).rejects.toMatchObject({ message: expect.stringContaining(`has no backup "${none}"`) });
    await expect(restore('../x')).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });
});
