import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { type BackupModuleOptions, HistoryService, RestoreService } from 'nestjs-backup';
import { describeBackup } from '../../lib/backup/backup-name.js';
import { StatusService } from '../../lib/status/status.service.js';
import { archiveName, manifestName, proofName } from '../../lib/store/stored-names.js';
import { engine } from '../fixtures/databases.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { placeBackup } from '../fixtures/placed-backup.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';

jest.setTimeout(120_000);

const DAY = 86_400_000;
const retentionKey = secret('what only the application knows');
const retention = { last: 3 };
const ago = (days: number) => new Date(Date.now() - days * DAY);

describe('What others add to a destination', () => {
  let host: StoringHost;
  let vault: MemoryDestination;
  const start = async (options: BackupModuleOptions) => {
    vault = new MemoryDestination();
    host = await StoringHost.start(engine('better-sqlite3'), { vault }, { retention, ...options });
  };
  afterEach(() => host.close());
  const store = async (options = {}) => (await host.store.store({ destinations: ['vault'], ...options })).id;
  const ids = async () => (await host.store.list('vault')).map(({ id }) => id);
  const json = (name: string) => JSON.parse(String(vault.objects.get(name)));
  const put = (name: string, content: unknown) =>
    vault.objects.set(
      name,
      content instanceof Uint8Array ? Buffer.from(content) : Buffer.from(JSON.stringify(content)),
    );
  const latest = async (options = {}) =>
    (
      await host.app
        .get(RestoreService)
        .restore({ destination: 'vault', id: 'latest' }, { dryRun: true, replace: true, ...options })
    ).manifest.id;

  /** A copy of a stored backup under another name, its summary changed. */
  const copy = (archive: string, at: Date, change: object, id: string = randomUUID()) => {
    const encrypted = archive.endsWith('.crypt');
    const name = archiveName(describeBackup(at, encrypted).filename, id);
    put(name, vault.objects.get(archive)!);
    put(manifestName(name), { ...json(manifestName(archive)), ...change });
    return name;
  };

  const KEYS: Array<[string, BackupModuleOptions]> = [
    ['a retentionKey', { retentionKey }],
    ['an encryptionKey', { encryptionKey: AES_KEY }],
    ['both', { retentionKey, encryptionKey: () => AES_KEY }],
  ];

  it.each(KEYS)('pushes no real backup out of the vault, with %s', async (_what, options) => {
    await start(options);
    const real = [await store(), await store(), await store()];
    const [archive] = [...vault.objects.keys()].filter((name) => !name.endsWith('.json'));
    const summary = json(manifestName(archive!));
    for (let hour = 0; hour < 4; hour++) {
      const at = new Date(Date.now() + (hour - 2) * 3_600_000);
      const id = randomUUID();
      // Without a seal, with a seal of nothing, a replay as it was, and one of the same id.
      copy(archive!, at, { id, createdAt: at.toISOString(), seal: undefined }, id);
      copy(archive!, at, { id, createdAt: at.toISOString(), seal: '00'.repeat(32) }, randomUUID());
      // All that can be known without the key is right.
      const adapted = randomUUID();
      const object = manifestName(archiveName(describeBackup(at, archive!.endsWith('.crypt')).filename, adapted));
      copy(archive!, at, { id: adapted, createdAt: at.toISOString(), object }, adapted);
      copy(archive!, at, {}, summary.id);
      placeBackup(vault, at);
      placeBackup(vault, at, { encrypted: false, complete: true });
    }
    const before = vault.objects.size;
    const { forgotten, decisions } = await host.store.prune('vault');
    expect(forgotten).toEqual([]);
    expect(vault.objects.size).toBe(before);
    const counted = decisions.filter(({ reasons }) => reasons.some((reason) => reason.startsWith('one of the last')));
    expect(counted.map(({ backup }) => backup.id).toSorted()).toEqual(real.toSorted());
    expect(await latest()).toBe(real[2]);
  });

  it('takes the place of none, whatever its name has in common with it', async () => {
    await start({ encryptionKey: AES_KEY });
    const id = await store();
    const [archive] = [...vault.objects.keys()];
    const plain = archive!.replace(/\.crypt$/, '');
    put(plain, Buffer.from('PK decrypted'));
    put(`${archive}.bak`, Buffer.from('x'));
    put(copy(archive!, ago(400), {}, id), Buffer.from('x'));
    const listed = await host.store.list('vault');
    expect(listed.find((one) => one.archive === archive)).toMatchObject({ id, result: 'success', origin: 'own' });
    expect(listed.find((one) => one.archive === plain)).toMatchObject({
      result: 'failed',
      problem: expect.stringContaining('decrypted copy'),
    });
    expect(await latest()).toBe(id);
    expect((await host.app.get(RestoreService).verify({ destination: 'vault', id })).manifest.id).toBe(id);
  });

  it('is not restored as the latest, and not by its id without a word, when it is plain', async () => {
    await start({ encryptionKey: AES_KEY });
    const real = await store();
    const forger = new MemoryDestination();
    const other = await StoringHost.start(engine('better-sqlite3'), { forger });
    const { id: forged } = await other.store.store({ destinations: ['forger'] });
    await other.close();
    for (const [name, bytes] of forger.objects) vault.objects.set(name, bytes);
    const warn = jest.spyOn(Logger.prototype, 'warn');
    expect(await latest()).toBe(real);
    expect(String(warn.mock.calls)).toMatch(/"latest" in "vault" is not the newest: passed over .* it bears no seal/);
    warn.mockRestore();
    const byId = (options = {}) =>
      host.app
        .get(RestoreService)
        .restore({ destination: 'vault', id: forged }, { dryRun: true, replace: true, ...options });
    await expect(byId()).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(/--plaintext/),
    });
    expect((await byId({ plaintext: true })).manifest.id).toBe(forged);
    for (const name of [...vault.objects.keys()]) if (name.includes(real)) vault.objects.delete(name);
    await expect(latest()).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining('certain'),
    });
  });

  it('does not stand in for the backup of a moment, for a good one, or for a proof', async () => {
    await start({ encryptionKey: AES_KEY });
    const scheduled = { schedule: 'nightly', moment: ago(0).toISOString() };
    placeBackup(vault, new Date(), { scheduled });
    const { signal } = new AbortController();
    const made = await host.store.storeOnce(scheduled, { destinations: ['vault'], signal });
    expect(made).toMatchObject({ result: 'success' });
    expect(await host.store.storeOnce(scheduled, { destinations: ['vault'], signal })).toBeNull();

    const newer = placeBackup(vault, new Date(Date.now() + 1));
    const [archive] = [...vault.objects.keys()].filter((name) => name.includes(made!.id));
    put(proofName(archive!, new Date()), { format: 'nestjs-backup-proof/1', id: made!.id, provenAt: new Date() });
    put(proofName(newer, new Date()), {});
    expect((await host.store.list('vault')).map(({ provenAt }) => provenAt)).toEqual([null, null, null]);
    const [place] = await host.app.get(StatusService, { strict: false }).places();
    expect(place).toMatchObject({ provenAt: null, bytes: made!.destinations[0]!.bytes });
    expect(() => host.app.get(HistoryService)).toThrow();
  });

  it('counts when it was stored before there were seals, as far as the key opens it', async () => {
    await start({ encryptionKey: AES_KEY });
    const real = [await store(), await store(), await store(), await store()];
    for (const name of [...vault.objects.keys()].filter((one) => one.endsWith('.json'))) {
      const { seal, object, database, ...summary } = json(name);
      expect([typeof seal, object, typeof database]).toEqual(['string', name, 'string']);
      put(name, summary);
    }
    placeBackup(vault, new Date(), { encrypted: false });
    expect(await latest()).toBe(real[3]);
    const { forgotten } = await host.store.prune('vault');
    expect(forgotten).toEqual([real[0]]);
    expect((await host.app.get(StatusService, { strict: false }).lastBackup())?.rows).toBe(3);
  });

  it('is neither counted nor deleted when it is sealed with another key, or of another database', async () => {
    await start({ retentionKey });
    const theirs = [
      await StoringHost.start(
        engine('better-sqlite3'),
        { vault },
        { retentionKey: secret('of another application altogether') },
      ),
      await StoringHost.start(engine('better-sqlite3'), { vault }, { retentionKey }),
    ];
    const others: string[] = [];
    for (const one of [...theirs, ...theirs]) others.push((await one.store.store({ destinations: ['vault'] })).id);
    for (const one of theirs) await one.close();
    const own = [await store(), await store(), await store(), await store()];
    const { forgotten, decisions } = await host.store.prune('vault');
    expect(forgotten).toEqual([own[0]]);
    expect((await ids()).toSorted()).toEqual([...others, ...own.slice(1)].toSorted());
    const origins = new Set(
      decisions.filter(({ backup }) => others.includes(backup.id)).map(({ backup }) => backup.origin),
    );
    expect(origins).toEqual(new Set(['foreign', 'other']));
  });

  it('is known by an earlier key, once that stands in the list', async () => {
    await start({ retentionKey });
    const old = [await store(), await store(), await store()];
    const rotated = secret('the key that follows after it');
    const again = async (keys: BackupModuleOptions['retentionKey']) => {
      const { seal } = (await import('../../lib/store/seals.service.js')).SealsService.prototype;
      const { resolveRetentionKey } = await import('../../lib/options/retention-key.js');
      const databases = { name: (host.store as any).databases.name };
      const options = { retentionKey: resolveRetentionKey(keys), encryptionKey: null };
      return seal.call({ options, databases } as any);
    };
    const { listBackups } = await import('../../lib/store/catalog.js');
    const origins = async (keys: BackupModuleOptions['retentionKey']) =>
      (await listBackups('vault', vault, await again(keys))).map(({ origin }) => origin);
    expect(await origins(rotated)).toEqual(old.map(() => 'foreign'));
    expect(await origins([rotated, retentionKey])).toEqual(old.map(() => 'own'));
    expect(await origins([async () => rotated, () => retentionKey])).toEqual(old.map(() => 'own'));
  });

  it('is deleted by nobody who has no key', async () => {
    await start({});
    for (let time = 0; time < 5; time++) await store();
    for (const dryRun of [true, false]) {
      await expect(host.store.prune('vault', { dryRun })).rejects.toMatchObject({
        code: 'WRONG_USAGE',
        message: expect.stringMatching(/retentionKey/),
      });
    }
    expect(await ids()).toHaveLength(5);
    expect((await host.store.list('vault')).map(({ origin }) => origin)).toEqual(
      Array.from({ length: 5 }, () => 'unknown'),
    );
  });

  it('leaves the newest that was proven, and the newest, whatever the policy says', async () => {
    await start({ encryptionKey: AES_KEY, retention: { last: 1, maxBytes: 1 } });
    const real = [await store(), await store()];
    await host.app.get(RestoreService).verify({ destination: 'vault', id: real[0]! }, { restore: true });
    real.push(await store(), await store());
    await host.store.prune('vault');
    expect(await ids()).toEqual([real[3], real[0]]);
    await host.app.get(RestoreService).verify({ destination: 'vault', id: 'latest' }, { restore: true });
    await host.store.prune('vault');
    expect(await ids()).toEqual([real[3]]);
  });
});

describe('The option retentionKey', () => {
  it.each([
    ['short', /shorter than 20/],
    [[], /the list is empty/],
    [[retentionKey, 'short'], /shorter than 20/],
    [20, /wrong kind/],
    [Buffer.alloc(19), /shorter/],
  ])('is refused when it is %p', async (given, says) => {
    const start = StoringHost.start(engine('better-sqlite3'), {}, { retentionKey: given as string });
    await expect(start).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringMatching(says) });
  });
});
