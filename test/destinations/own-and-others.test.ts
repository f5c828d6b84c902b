import { setImmediate } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { type BackupModuleOptions, RestoreService } from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { StatusService } from '../../lib/status/status.service.js';
import { Marks } from '../../lib/store/marks.js';
import { restoreTestName } from '../../lib/store/stored-names.js';
import { engine } from '../fixtures/databases.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { placeBackup } from '../fixtures/placed-backup.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { retentionKey, sharedVault } from './shared-vault.js';

jest.setTimeout(120_000);

describe('A backup in a destination that others share', () => {
  const shared = sharedVault();
  const { start, store, ids, json, put, latest } = shared;

  it('counts when it was stored before there were seals, as far as the key opens it', async () => {
    await start({ encryptionKey: AES_KEY });
    const real = [await store(), await store(), await store(), await store()];
    for (const name of [...shared.vault.objects.keys()].filter((one) => one.endsWith('.json'))) {
      const { seal, object, database, ...summary } = json(name);
      expect([typeof seal, object, typeof database]).toEqual(['string', name, 'string']);
      put(name, summary);
    }
    // More than are looked into; of these nobody has to look.
    for (let time = 0; time < 60; time++) placeBackup(shared.vault, new Date(Date.now() + time), { encrypted: false });
    expect(await latest()).toBe(real[3]);
    const { deleted } = await shared.host.store.prune('vault');
    expect(deleted).toEqual([real[0]]);
    expect((await shared.host.app.get(StatusService, { strict: false }).lastBackup())?.rows).toBe(3);
  });

  it('is restored without a look at what others have put beside it as restore tests', async () => {
    await start({ retentionKey });
    const id = await store();
    const [archive] = [...shared.vault.objects.keys()].filter((name) => !name.endsWith('.json'));
    for (let day = 1; day <= 20; day++) {
      put(restoreTestName(archive!, new Date(Date.now() + day * 86_400_000)), { forged: day });
    }
    const opening = jest.spyOn(shared.vault, 'open');
    const restoreTestsOpened = () => opening.mock.calls.filter(([name]) => name.includes('restore-test-')).length;
    expect(await latest()).toBe(id);
    expect(restoreTestsOpened()).toBe(0);

    // Some at once where they are asked for.
    let [reading, most] = [0, 0];
    opening.mockImplementation(async (name) => {
      most = Math.max(most, ++reading);
      await setImmediate();
      reading--;
      return MemoryDestination.prototype.open.call(shared.vault, name);
    });
    expect(await shared.host.store.list('vault')).toMatchObject([{ id, testedAt: null, isUnread: false }]);
    expect(restoreTestsOpened()).toBe(20);
    expect(most).toBe(8);
  });

  it('is neither counted nor deleted when it is sealed with another key, or of another database', async () => {
    await start({ retentionKey });
    const theirs = [
      await StoringHost.start(
        engine('better-sqlite3'),
        { vault: shared.vault },
        { retentionKey: secret('of another application altogether') },
      ),
      await StoringHost.start(engine('better-sqlite3'), { vault: shared.vault }, { retentionKey }),
    ];
    const others: string[] = [];
    for (const one of [...theirs, ...theirs]) others.push((await one.store.store({ destinations: ['vault'] })).id);
    for (const one of theirs) await one.close();
    const own = [await store(), await store(), await store(), await store()];
    const { deleted, decisions } = await shared.host.store.prune('vault');
    expect(deleted).toEqual([own[0]]);
    expect((await ids()).toSorted()).toEqual([...others, ...own.slice(1)].toSorted());
    const origins = new Set(
      decisions.filter(({ backup }) => others.includes(backup.id)).map(({ backup }) => backup.origin),
    );
    expect(origins).toEqual(new Set(['foreign', 'other']));
  });

  it('is no backup of this application only because another one has the same encryptionKey', async () => {
    await start({ encryptionKey: AES_KEY, retentionKey, retention: { last: 1 } });
    const keys = [
      { encryptionKey: AES_KEY, retentionKey: secret('of another application with the same key') },
      { encryptionKey: AES_KEY },
    ];
    const own = [await store({ aesKey: AES_KEY }), await store({ aesKey: AES_KEY })];
    const others: string[] = [];
    for (const options of keys) {
      const other = await StoringHost.start(engine('better-sqlite3'), { vault: shared.vault }, options);
      const made = () => other.store.store({ destinations: ['vault'], aesKey: AES_KEY });
      others.push((await made()).id, (await made()).id);
      await other.close();
    }
    // Whoever may add objects copies an archive of theirs, with a summary that bears no seal.
    const [last] = [...shared.vault.objects.keys()].filter(
      (name) => name.includes(others[3]!) && name.endsWith('.json'),
    );
    const { seal: _, object: __, database: ___, ...stripped } = json(last!);
    put(last!, stripped);
    expect(await latest()).toBe(own[1]);
    expect((await shared.host.store.prune('vault')).deleted).toEqual([own[0]]);
    expect((await ids()).toSorted()).toEqual([...others, own[1]].toSorted());
  });

  /** A backup whose summary bears no seal. */
  const unsealed = async (make: () => Promise<string>) => {
    const before = new Set(shared.vault.objects.keys());
    const id = await make();
    for (const name of [...shared.vault.objects.keys()].filter((one) => !before.has(one) && one.endsWith('.json'))) {
      const { seal: _, object: __, database: ___, ...stripped } = json(name);
      put(name, stripped);
    }
    return id;
  };
  const storeTheirs = () =>
    unsealed(async () => {
      const other = await StoringHost.start(engine('better-sqlite3'), { vault: shared.vault }, { retentionKey });
      const { id } = await other.store.store({ destinations: ['vault'], aesKey: AES_KEY });
      await other.close();
      return id;
    });
  const mine = () => store({ aesKey: AES_KEY });
  const pruneTwice = async () => {
    for (let time = 0; time < 2; time++) await shared.host.store.prune('vault');
  };

  it('does not become one when the first that this application has sealed is pruned', async () => {
    await start({ encryptionKey: AES_KEY, retentionKey, retention: { last: 1 } });
    const [first, theirs, , last] = [await mine(), await storeTheirs(), await mine(), await mine()];
    await pruneTwice();
    expect((await ids()).toSorted()).toEqual([first, theirs, last].toSorted());
  });

  it('does not become one when something older could not be read meanwhile', async () => {
    await start({ encryptionKey: AES_KEY, retentionKey, retention: { last: 1 } });
    const older = await unsealed(mine);
    const [first, theirs, , last] = [await mine(), await storeTheirs(), await mine(), await mine()];
    shared.vault.faults.open = new RegExp(`${older}.*\\.json$`);
    await shared.host.store.prune('vault');
    delete shared.vault.faults.open;
    await pruneTwice();
    expect((await ids()).toSorted()).toEqual([first, theirs, last].toSorted());
  });

  it('does not become one when the archive of the first that is sealed is gone', async () => {
    await start({ encryptionKey: AES_KEY, retentionKey, retention: { last: 1 } });
    const [first, theirs, , last] = [await mine(), await storeTheirs(), await mine(), await mine()];
    for (const name of [...shared.vault.objects.keys()]) {
      if (name.includes(first) && !name.endsWith('.json')) shared.vault.objects.delete(name);
    }
    await pruneTwice();
    expect((await ids()).toSorted()).toEqual([first, theirs, last].toSorted());
  });

  it('is known by an earlier key, once that stands in the list', async () => {
    await start({ retentionKey });
    const old = [await store(), await store(), await store()];
    const rotated = secret('the key that follows after it');
    const again = async (keys: BackupModuleOptions['retentionKey']) => {
      const { seal } = (await import('../../lib/store/seals.service.js')).SealsService.prototype;
      const { resolveRetentionKey } = await import('../../lib/options/retention-key.js');
      const databases = shared.host.app.get(DatabaseService, { strict: false });
      const options = { retentionKey: resolveRetentionKey(keys), encryptionKey: null };
      return seal.call({ options, databases } as any);
    };
    const { listBackups } = await import('../../lib/store/stored-backups.js');
    const origins = async (keys: BackupModuleOptions['retentionKey']) =>
      (await listBackups('vault', shared.vault, new Marks(await again(keys)))).map(({ origin }) => origin);
    expect(await origins(rotated)).toEqual(old.map(() => 'foreign'));
    expect(await origins([rotated, retentionKey])).toEqual(old.map(() => 'own'));
    expect(await origins([async () => rotated, () => retentionKey])).toEqual(old.map(() => 'own'));
  });

  it('is deleted by nobody who has no key', async () => {
    await start({});
    for (let time = 0; time < 5; time++) await store();
    for (const dryRun of [true, false]) {
      await expect(shared.host.store.prune('vault', { dryRun })).rejects.toMatchObject({
        code: 'WRONG_USAGE',
        message: expect.stringMatching(/retentionKey/),
      });
    }
    expect(await ids()).toHaveLength(5);
    expect((await shared.host.store.list('vault')).map(({ origin }) => origin)).toEqual(
      Array.from({ length: 5 }, () => 'unknown'),
    );
  });

  it('leaves the newest that passed a restore test, and the newest, whatever the policy says', async () => {
    await start({ encryptionKey: AES_KEY, retention: { last: 1, maxBytes: 1 } });
    const real = [await store(), await store()];
    await shared.host.app.get(RestoreService).verify({ destination: 'vault', id: real[0]! }, { restore: true });
    real.push(await store(), await store());
    await shared.host.store.prune('vault');
    expect(await ids()).toEqual([real[3], real[0]]);
    await shared.host.app.get(RestoreService).verify({ destination: 'vault', id: 'latest' }, { restore: true });
    await shared.host.store.prune('vault');
    expect(await ids()).toEqual([real[3]]);
  });
});

describe('The option retentionKey', () => {
  it.each([
    ['short', /shorter than 20/],
    [[], /the list is empty/],
    [[retentionKey, 'short'], /shorter than 20/],
    [20, /the value is invalid/],
    [Buffer.alloc(19), /shorter/],
  ])('is refused when it is %p', async (given, says) => {
    const start = StoringHost.start(engine('better-sqlite3'), {}, { retentionKey: given as string });
    await expect(start).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringMatching(says) });
  });
});
