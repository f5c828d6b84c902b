import { type BackupModuleOptions, type RetentionPolicy } from 'nestjs-backup';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import type { Seal } from '../../lib/store/seal.js';
import type { StoredManifest } from '../../lib/store/stored-manifest.js';
import { manifestName } from '../../lib/store/stored-names.js';
import { engine } from '../fixtures/databases.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { placeBackup } from '../fixtures/placed-backup.js';
import { secret } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';

const DAY = 86_400_000;

const retentionKey = secret('what only the application knows');

describe('Thinning a destination out', () => {
  let host: StoringHost;
  let vault: MemoryDestination;
  let archives: string[];
  let seal: Seal | null;
  const place = (destination: MemoryDestination, daysAgo: number, more: Partial<StoredManifest> = {}) =>
    placeBackup(destination, new Date(Date.now() - daysAgo * DAY), more, seal);
  const names = () => [...vault.objects.keys()].toSorted();
  const withManifests = (some: string[]) => some.flatMap((name) => [name, manifestName(name)]).toSorted();
  const events = () => host.events().filter(({ event }) => event.startsWith('prune.'));
  beforeEach(async () => {
    vault = new MemoryDestination();
    host = await StoringHost.start(engine('better-sqlite3'), { vault }, { retention: { daily: 2 }, retentionKey });
    seal = await host.seal();
    archives = [0, 1, 2, 3].map((daysAgo) => place(vault, daysAgo));
  });
  afterEach(() => host.close());
  const prune = (options = {}) => host.store.prune('vault', { initiator: { user: 'ops' }, ...options });

  it('deletes what no rule keeps, archive and manifest, and tells of it', async () => {
    const { decisions, deleted, bytes, errors } = await prune();
    expect(decisions.map(({ keep }) => keep)).toEqual([true, true, false, false]);
    expect({ deleted: deleted.length, bytes, errors }).toEqual({ deleted: 2, bytes: 200, errors: [] });
    expect(names()).toEqual(withManifests(archives.slice(0, 2)));
    expect(events()).toMatchObject([
      { event: 'prune.finished', result: 'success', user: 'ops', destination: 'vault', deleted, bytes: 200 },
    ]);
    expect((await prune()).deleted).toEqual([]);
  });

  it('only says what it would do, when it is tried', async () => {
    const before = names();
    const { decisions, deleted, bytes, dryRun } = await prune({ dryRun: true });
    expect({ deleted, bytes, dryRun }).toEqual({ deleted: [], bytes: 200, dryRun: true });
    expect(decisions.map(({ keep }) => keep)).toEqual([true, true, false, false]);
    expect(names()).toEqual(before);
    expect(events()).toEqual([]);
  });

  it('leaves alone what it does not know, what is not whole, and what is still being written', async () => {
    const unfinished = place(vault, 10);
    vault.objects.delete(manifestName(unfinished));
    const damaged = place(vault, 11);
    vault.objects.set(damaged, Buffer.alloc(7));
    const theirs = ['notes.txt', 'backup-20200101T000000Z.zip', `${archives[3]}.bak`, `x${archives[3]}`];
    for (const name of theirs) vault.objects.set(name, Buffer.from('theirs'));
    await prune();
    expect(names()).toEqual([...theirs, ...withManifests([...archives.slice(0, 2), damaged]), unfinished].toSorted());
  });

  it('removes the manifest that an earlier run, cut off, has left', async () => {
    vault.objects.delete(archives[3]!);
    await prune();
    expect(names()).toEqual(withManifests(archives.slice(0, 2)));
  });

  it('keeps the manifest of a backup whose archive a list has merely missed', async () => {
    const { list } = vault;
    let lists = 0;
    vault.list = async function* () {
      lists++;
      // The archive came after the first look passed its place, the manifest before it.
      for await (const object of list.call(vault)) if (lists > 1 || object.name !== archives[0]) yield object;
    };
    await prune();
    expect(lists).toBe(2);
    expect(names()).toContain(manifestName(archives[0]!));
  });

  it('tells what it has deleted although the second look fails', async () => {
    vault.objects.delete(archives[2]!);
    const { list } = vault;
    let lists = 0;
    vault.list = () => {
      if (++lists === 2) throw new Error('the destination does not answer');
      return list.call(vault);
    };
    const { deleted, errors } = await prune();
    expect(deleted).toEqual([expect.stringMatching(archives[3]!.match(/Z-(.*)\.zip/)![1]!)]);
    expect(errors).toMatchObject([
      { code: 'DESTINATION_FAILED', message: expect.stringContaining('could not be listed') },
    ]);
  });

  it('keeps a backup for as long as any of its objects is locked', async () => {
    const until = new Date(Date.now() + DAY);
    vault.locks.set(manifestName(archives[3]!), until);
    const { decisions, errors } = await prune();
    expect(decisions.at(-1)).toMatchObject({ keep: true, reasons: [`locked until ${until.toISOString()}`] });
    expect(errors).toEqual([]);
    expect(names()).toEqual(withManifests([archives[0]!, archives[1]!, archives[3]!]));
  });

  it('keeps what is locked, and goes on after what cannot be deleted', async () => {
    vault.locks.set(archives[3]!, new Date(Date.now() + DAY));
    expect((await prune()).deleted).toHaveLength(1);
    expect(names()).toEqual(withManifests([...archives.slice(0, 2), archives[3]!]));
    archives.push(place(vault, 5), place(vault, 6));
    // The lock of the bucket itself, of which its list says nothing.
    vault.locks.set(archives[4]!, new Date(0));
    const { errors, deleted } = await prune();
    expect(errors).toMatchObject([{ code: 'DESTINATION_FAILED', message: expect.stringContaining(archives[4]!) }]);
    expect(deleted).toHaveLength(1);
    expect(names()).toEqual(withManifests([...archives.slice(0, 2), archives[3]!, archives[4]!]));
    expect(events().at(-1)).toMatchObject({ event: 'prune.failed', code: 'DESTINATION_FAILED', deleted });
  });

  it('deletes nothing when the destination cannot be listed', async () => {
    vault.faults.list = true;
    await expect(prune()).rejects.toMatchObject({ code: 'DESTINATION_FAILED' });
    expect(names()).toHaveLength(8);
    expect(events()).toMatchObject([{ event: 'prune.failed', deleted: [] }]);
  });

  it('never leaves a destination without its newest complete backup', async () => {
    for (const [daysAgo, archive] of archives.entries()) {
      for (const name of withManifests([archive])) vault.objects.delete(name);
      archives[daysAgo] = place(vault, daysAgo, { complete: daysAgo === 3 });
    }
    await prune();
    expect(names()).toEqual(withManifests([archives[0]!, archives[1]!, archives[3]!]));
  });
});

describe('The option retention', () => {
  const resolve = (retention: unknown) => resolveOptions({ retention } as BackupModuleOptions).retention;

  it.each<RetentionPolicy>([{ last: 3 }, { daily: 7, weekly: 4, monthly: 12, yearly: 10, hourly: 24, maxBytes: 1e12 }])(
    'takes %j',
    (policy) => expect(resolve(policy)).toEqual(policy),
  );

  it('is none by default, and without it nothing is pruned', async () => {
    expect([resolve(undefined), resolve(null)]).toEqual([null, null]);
    const vault = new MemoryDestination();
    const host = await StoringHost.start(engine('better-sqlite3'), { vault });
    placeBackup(vault, new Date(Date.now() - DAY));
    await expect(host.store.prune('vault')).rejects.toMatchObject({
      code: 'WRONG_USAGE',
      message: expect.stringContaining('the option "retention" is not set'),
    });
    expect(vault.objects.size).toBe(2);
    await host.close();
  });

  it.each<[unknown, RegExp]>([
    [
      { last: 3, dayly: 7 },
      /"retention.dayly": unknown option\. Did you mean daily\? Known options: daily, hourly, last/,
    ],
    [{ keepLast: 3 }, /"retention.keepLast": unknown option/],
    [{}, /"retention": it keeps nothing\. Set at least one of/],
    [{ last: 0, daily: 0 }, /it keeps nothing/],
    [{ daily: undefined }, /it keeps nothing/],
    [{ daily: Number.NaN }, /"retention.daily": .*Set a whole number/],
    [{ daily: '7' }, /"retention.daily"/],
    [{ daily: -1 }, /"retention.daily"/],
    [{ daily: 1.5 }, /"retention.daily"/],
    [{ last: 1, maxBytes: 0 }, /"retention.maxBytes"/],
    [[7], /"retention": it is not an object/],
    [7, /"retention": it is not an object/],
  ])('refuses %j', (policy, message) => {
    expect(() => resolve(policy)).toThrow(message);
  });
});
