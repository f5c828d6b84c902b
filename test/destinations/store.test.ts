import { readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { type BackupDestination, type BackupEvent, localDirectory, RestoreService } from 'nestjs-backup';
import { readBackup } from '../fixtures/backup.js';
import { describeEngine, engine, engines } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { plant, temporaryDirectory } from '../fixtures/files.js';
import { type Faults, MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';

const directory = temporaryDirectory();
const sqlite = engine('better-sqlite3');
let host: StoringHost;
afterEach(() => host?.close());

/** A host with destinations in memory that fail as they are told to. */
async function hostWith<Name extends string>(faults: Record<Name, Faults>, options = {}) {
  const entries = Object.entries<Faults>(faults).map(([name, one]) => [name, new MemoryDestination(one)] as const);
  const places = Object.fromEntries(entries) as Record<Name, MemoryDestination>;
  host = await StoringHost.start(sqlite, places as Record<string, BackupDestination>, options);
  return places;
}
const store = (destinations: string[], options = {}) => host.store.store({ destinations, ...options });

describe.each(everyday(engines, 2))('Stored backups', (each) => {
  describeEngine('of', each, () => {
    it('is the same in every place, is listed, and comes back', async () => {
      const vaults = { one: localDirectory(directory.at('one')), two: localDirectory(directory.at('two')) };
      for (const path of Object.keys(vaults)) await mkdir(directory.at(path));
      host = await StoringHost.start(each, vaults);
      const { id, result, manifest, destinations } = await store(['one', 'two'], { aesKey: AES_KEY });
      expect({ result, complete: manifest.complete }).toEqual({ result: 'success', complete: true });
      const archive = expect.stringMatching(new RegExp(`^backup-\\d{8}T\\d{6}Z-${id}\\.zip\\.crypt$`));
      const { bytes } = destinations[0]!;
      const common = { result: 'success', archive, bytes };
      expect(destinations).toEqual([
        { destination: 'one', ...common },
        { destination: 'two', ...common },
      ]);
      const [one, two] = ['one', 'two'].map((vault) => readdirSync(directory.at(vault)).toSorted());
      expect(one).toEqual([archive, expect.stringMatching(/\.zip\.crypt\.json$/)]);
      expect(two).toEqual(one);
      for (const file of one!) {
        expect(readFileSync(directory.at('one', file))).toEqual(readFileSync(directory.at('two', file)));
      }
      expect(await host.store.list('two')).toMatchObject([
        {
          destination: 'two',
          id,
          result: 'success',
          encrypted: true,
          bytes,
          manifest: { rows: 3, files: 1, tables: 1 },
        },
      ]);

      await host.query(`DELETE FROM note`);
      const restores = host.app.get(RestoreService);
      const report = await restores.restore({ destination: 'two', id }, { aesKey: AES_KEY, replace: true });
      expect(report.manifest.id).toBe(id);
      expect(await host.query('SELECT text FROM note ORDER BY id')).toEqual(
        ['one', 'two', 'three'].map((text) => ({ text })),
      );
      const verified = await restores.verify({ destination: 'one', id: 'latest' }, { aesKey: AES_KEY });
      expect(verified.manifest.id).toBe(id);
    });
  });
});

describe('Of several destinations', () => {
  it.each<[string, Faults, string]>([
    ['breaks in the middle', { archiveAfter: 100_000 }, 'the disk is full'],
    ['stalls', { stallsAfter: 100_000 }, 'it accepted no data for 1 s'],
    ['is content with a part', { contentWith: 100_000 }, 'did not read all of it'],
    ['says another size than it was given', { lies: true }, 'bytes'],
    ['takes no manifest', { manifest: true }, 'no manifest here'],
  ])('one that %s is reported, and the others have the backup', async (_what, faults, message) => {
    const { bad, good } = await hostWith({ bad: faults, good: {} }, { idleTimeout: 1_000, compressionLevel: 0 });
    await host.addBulk();
    const report = await store(['bad', 'good']);
    expect(report).toMatchObject({
      result: 'failed',
      destinations: [
        { destination: 'bad', result: 'failed', bytes: 0, error: { code: 'DESTINATION_FAILED' } },
        { destination: 'good', result: 'success' },
      ],
    });
    expect((await readBackup([...good.objects.values()][0]!)).manifest.id).toBe(report.id);
    expect(await host.store.list('good')).toMatchObject([{ id: report.id, result: 'success' }]);
    expect([bad.objects.size, bad.writing]).toEqual([0, 0]);
    expect(host.logs()).toMatch(new RegExp(`"bad".*${message}`));
    expect(host.events().at(-1)).toMatchObject({
      event: 'backup.finished',
      result: 'success',
      destinations: [
        { destination: 'bad', result: 'failed' },
        { destination: 'good', result: 'success' },
      ],
    });
  });

  it('the backup is broken off when all of them fail', async () => {
    await hostWith({ one: { archiveAfter: 1_000 }, two: { archiveAfter: 50_000 } }, { compressionLevel: 0 });
    await host.addBulk();
    await expect(store(['one', 'two'])).rejects.toMatchObject({
      code: 'DESTINATION_FAILED',
      message: expect.stringContaining('no destination stored the backup'),
    });
    expect(host.events().map(({ event }) => event)).toEqual(['backup.started', 'backup.failed']);
    const failed = host.events().at(-1) as BackupEvent & { event: 'backup.failed' };
    expect(failed).toMatchObject({ code: 'DESTINATION_FAILED', result: 'failed' });
    expect(failed.bytes).toBeLessThan(2_000_000);
    await host.unlocked();
  });

  it('a destination that is named twice gets it once', async () => {
    const { one } = await hostWith({ one: {} });
    expect((await store(['one', 'one'])).destinations).toHaveLength(1);
    expect(one.objects.size).toBe(2);
  });

  it('unknown ones are refused before anything happens', async () => {
    await hostWith({ one: {} });
    const message = expect.stringContaining('no destination "three". Destinations of this application: "one"');
    await expect(store(['one', 'three'])).rejects.toMatchObject({ code: 'WRONG_USAGE', message });
    await expect(store([])).rejects.toMatchObject({ code: 'WRONG_USAGE' });
    expect(host.events()).toEqual([]);
  });
});

describe('A backup that breaks', () => {
  it('is nowhere, when it is aborted', async () => {
    const { one, two } = await hostWith({ one: {}, two: { stallsAfter: 100_000 } }, { compressionLevel: 0 });
    await host.addBulk();
    const stop = new AbortController();
    const { done } = await host.store.begin({ destinations: ['one', 'two'], signal: stop.signal });
    stop.abort();
    await expect(done).rejects.toMatchObject({ code: 'ABORTED' });
    expect([one.objects.size, two.objects.size, one.writing, two.writing]).toEqual([0, 0, 0, 0]);
    expect(host.events().at(-1)).toMatchObject({ event: 'backup.aborted' });
    await host.unlocked();
  });

  it('is nowhere, when the host is closed meanwhile, and the host waits for that', async () => {
    const { one } = await hostWith({ one: { stallsAfter: 100_000 } }, { compressionLevel: 0 });
    await host.addBulk();
    const { done } = await host.store.begin({ destinations: ['one'] });
    await host.app.close();
    expect(one.writing).toBe(0);
    await expect(done).rejects.toMatchObject({ code: 'ABORTED' });
    expect(one.objects.size).toBe(0);
    expect(host.events().at(-1)).toMatchObject({ event: 'backup.aborted' });
  });

  it('is not begun while another one runs', async () => {
    await hostWith({ one: { stallsAfter: 100_000 } }, { compressionLevel: 0 });
    await host.addBulk();
    const stop = new AbortController();
    const { done } = await host.store.begin({ destinations: ['one'], signal: stop.signal });
    await expect(store(['one'])).rejects.toMatchObject({ code: 'LOCKED' });
    stop.abort();
    await expect(done).rejects.toThrow();
    expect(host.events().map(({ event }) => event)).toEqual(['backup.started', 'backup.refused', 'backup.aborted']);
  });
});

describe('A destination', () => {
  it('tells of an encrypted backup no more than its summary', async () => {
    const { one } = await hostWith({ one: {} });
    const { id } = await store(['one'], { aesKey: AES_KEY });
    const beside = String([...one.objects.entries()].find(([name]) => name.endsWith('.json'))![1]);
    expect(Object.keys(JSON.parse(beside))).toEqual([
      ...[
        'format',
        'id',
        'createdAt',
        'finishedAt',
        'appVersion',
        'encrypted',
        'complete',
        'keyIds',
        'bytes',
        'tables',
      ],
      ...['rows', 'files'],
    ]);
    expect(beside).toContain(id);
    for (const name of ['note', 'files/', 'a.txt', 'three']) expect(beside).not.toContain(name);
  });

  it('tells which backup lacks a file', async () => {
    await hostWith({ one: {} });
    plant(host.files, { 'back\\slash': 'x' });
    expect(await store(['one'])).toMatchObject({ result: 'incomplete', destinations: [{ result: 'incomplete' }] });
    expect(await host.store.list('one')).toMatchObject([{ result: 'incomplete', manifest: { complete: false } }]);
  });

  it('that cannot be listed is an error that names it', async () => {
    await hostWith({ one: { list: true } });
    const refusal = { code: 'DESTINATION_FAILED', message: expect.stringContaining('"one" could not be listed') };
    await expect(host.store.list('one')).rejects.toMatchObject(refusal);
  });
});

it('The audit of a verification', async () => {
  await hostWith({ one: {} });
  const { id } = await store(['one']);
  await host.app.get(RestoreService).verify({ destination: 'one', id }, { initiator: { user: 'ops' } });
  expect(host.events().slice(2)).toMatchObject([
    { event: 'verify.started', user: 'ops' },
    { event: 'verify.finished', user: 'ops', backup: id, result: 'success', rows: 3, files: 1 },
  ]);
});
