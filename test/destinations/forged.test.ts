import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type BackupModuleOptions, HistoryService, RestoreService } from 'nestjs-backup';
import { describeBackup } from '../../lib/backup/backup-name.js';
import { StatusService } from '../../lib/status/status.service.js';
import { ScheduledRuns } from '../../lib/store/scheduled-runs.js';
import { archiveName, manifestName, restoreTestName } from '../../lib/store/stored-names.js';
import { engine } from '../fixtures/databases.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { placeBackup } from '../fixtures/placed-backup.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { retentionKey, sharedVault } from './shared-vault.js';

jest.setTimeout(120_000);

const DAY = 86_400_000;
const ago = (days: number) => new Date(Date.now() - days * DAY);

describe('What others add to a destination', () => {
  const shared = sharedVault();
  const { start, store, json, put, latest } = shared;

  /** A copy of a stored backup under another name, its summary changed. */
  const copy = (archive: string, at: Date, change: object, id: string = randomUUID()) => {
    const encryption = archive.endsWith('.crypt') ? 'aes' : 'none';
    const name = archiveName(describeBackup(at, encryption).filename, id);
    put(name, shared.vault.objects.get(archive)!);
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
    const [archive] = [...shared.vault.objects.keys()].filter((name) => !name.endsWith('.json'));
    const summary = json(manifestName(archive!));
    for (let hour = 0; hour < 4; hour++) {
      const at = new Date(Date.now() + (hour - 2) * 3_600_000);
      const id = randomUUID();
      // Without a seal, with a seal of nothing, a replay as it was, and one of the same id.
      copy(archive!, at, { id, createdAt: at.toISOString(), seal: undefined }, id);
      copy(archive!, at, { id, createdAt: at.toISOString(), seal: '00'.repeat(32) }, randomUUID());
      // All that can be known without the key is right.
      const adapted = randomUUID();
      const object = manifestName(
        archiveName(describeBackup(at, archive!.endsWith('.crypt') ? 'aes' : 'none').filename, adapted),
      );
      copy(archive!, at, { id: adapted, createdAt: at.toISOString(), object }, adapted);
      copy(archive!, at, {}, summary.id);
      placeBackup(shared.vault, at);
      placeBackup(shared.vault, at, { encrypted: false, complete: true });
    }
    const before = shared.vault.objects.size;
    const { deleted, decisions } = await shared.host.store.prune('vault');
    expect(deleted).toEqual([]);
    expect(shared.vault.objects.size).toBe(before);
    const counted = decisions.filter(({ reasons }) => reasons.some((reason) => reason.startsWith('one of the last')));
    expect(counted.map(({ backup }) => backup.id).toSorted()).toEqual(real.toSorted());
    expect(await latest()).toBe(real[2]);
  });

  it('is not opened to prune when it is newer than the first seal, and of the older only 200 are', async () => {
    await start({ encryptionKey: AES_KEY });
    await store();
    for (let n = 1; n <= 300; n++) {
      placeBackup(shared.vault, new Date(Date.now() + n * 1000), { encrypted: true });
      placeBackup(shared.vault, new Date(ago(10).getTime() - n * 1000), { encrypted: true });
    }
    const opened: string[] = [];
    const open = jest.spyOn(shared.vault, 'open');
    open.mockImplementation(function (this: MemoryDestination, name) {
      if (!name.endsWith('.json')) opened.push(name);
      return MemoryDestination.prototype.open.call(this, name);
    });
    const { deleted, decisions } = await shared.host.store.prune('vault').finally(() => open.mockRestore());
    expect(deleted).toEqual([]);
    expect(decisions).toHaveLength(601);
    const older = decisions.map(({ backup }) => backup).filter(({ createdAt }) => createdAt < ago(9));
    expect(opened).toEqual(older.slice(0, 200).map(({ archive }) => archive));
  });

  it('is a failed backup when its time is none', async () => {
    await start({ retentionKey });
    const [older, newer] = [await store(), await store()];
    placeBackup(shared.vault, new Date(), { createdAt: '2026-99-99T99:99:99Z' });
    const listed = await shared.host.store.list('vault');
    expect(listed.filter(({ result }) => result === 'failed')).toMatchObject([{ manifest: null }]);
    expect(listed.every(({ createdAt }) => createdAt.getTime() > 0)).toBe(true);
    expect(listed.filter(({ result }) => result === 'success').map(({ id }) => id)).toEqual([newer, older]);
    expect(await latest()).toBe(newer);
  });

  it('is not what a restore test is recorded beside, whatever id it bears', async () => {
    await start({ encryptionKey: AES_KEY });
    // From before there was a key.
    const before = new MemoryDestination();
    const earlier = await StoringHost.start(engine('better-sqlite3'), { before });
    const { id } = await earlier.store.store({ destinations: ['before'], aesKey: AES_KEY });
    await earlier.close();
    const [real] = [...before.objects.keys()];
    for (const [name, bytes] of before.objects) shared.vault.objects.set(name, bytes);
    const at = new Date(Date.now() + DAY);
    const forged = archiveName(describeBackup(at, 'none').filename, id);
    put(forged, Buffer.alloc(100));
    put(manifestName(forged), { ...json(manifestName(real!)), createdAt: at, encrypted: false, bytes: 100 });
    await shared.host.app.get(RestoreService).verify({ destination: 'vault', id }, { restore: true });
    const tests = [...shared.vault.objects.keys()].filter((name) => name.includes('.restore-test-'));
    expect(tests).toEqual([expect.stringContaining(real!)]);
  });

  it('takes the place of none, whatever its name has in common with it', async () => {
    await start({ encryptionKey: AES_KEY });
    const id = await store();
    const [archive] = [...shared.vault.objects.keys()];
    const plain = archive!.replace(/\.crypt$/, '');
    put(plain, Buffer.from('PK decrypted'));
    put(`${archive}.bak`, Buffer.from('x'));
    put(copy(archive!, ago(400), {}, id), Buffer.from('x'));
    const listed = await shared.host.store.list('vault');
    expect(listed.find((one) => one.archive === archive)).toMatchObject({ id, result: 'success', origin: 'own' });
    expect(listed.find((one) => one.archive === plain)).toMatchObject({
      result: 'failed',
      problem: expect.stringContaining('decrypted copy'),
    });
    expect(await latest()).toBe(id);
    expect((await shared.host.app.get(RestoreService).verify({ destination: 'vault', id })).manifest.id).toBe(id);
  });

  it('fills no log, however many newer ones are passed over', async () => {
    await start({ retentionKey });
    const real = await store();
    for (let second = 1; second <= 50; second++) {
      placeBackup(shared.vault, new Date(Date.now() + second * 1000));
    }
    expect(await latest()).toBe(real);
    const said = shared.host
      .logs()
      .split('\n')
      .filter((line) => line.includes('is not the newest'));
    expect(said).toHaveLength(11);
    expect(said.at(-1)).toContain('skipped 40 more');
  });

  it('is not restored as the latest, and not by its id without a word, when it is plain', async () => {
    await start({ encryptionKey: AES_KEY });
    const real = await store();
    const forger = new MemoryDestination();
    const other = await StoringHost.start(engine('better-sqlite3'), { forger });
    const { id: forged } = await other.store.store({ destinations: ['forger'] });
    await other.close();
    for (const [name, bytes] of forger.objects) shared.vault.objects.set(name, bytes);
    const warn = jest.spyOn(Logger.prototype, 'warn');
    expect(await latest()).toBe(real);
    expect(String(warn.mock.calls)).toMatch(/"latest" in "vault" is not the newest: skipped .* it has no seal/);
    warn.mockRestore();
    const byId = (options = {}) =>
      shared.host.app
        .get(RestoreService)
        .restore({ destination: 'vault', id: forged }, { dryRun: true, replace: true, ...options });
    await expect(byId()).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(/--plaintext/),
    });
    expect((await byId({ plaintext: true })).manifest.id).toBe(forged);
    for (const name of [...shared.vault.objects.keys()]) if (name.includes(real)) shared.vault.objects.delete(name);
    await expect(latest()).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining('certain'),
    });
  });

  it('does not stand in for the backup of a moment, for a good one, or for a restore test', async () => {
    await start({ encryptionKey: AES_KEY });
    const scheduled = { schedule: 'nightly', scheduledAt: ago(0).toISOString() };
    placeBackup(shared.vault, new Date(), { scheduled });
    const { signal } = new AbortController();
    const made = await shared.host.app
      .get(ScheduledRuns, { strict: false })
      .storeOnce(scheduled, { destinations: ['vault'], signal });
    expect(made).toMatchObject({ result: 'success' });
    expect(
      await shared.host.app
        .get(ScheduledRuns, { strict: false })
        .storeOnce(scheduled, { destinations: ['vault'], signal }),
    ).toBeNull();

    const newer = placeBackup(shared.vault, new Date(Date.now() + 1));
    const [archive] = [...shared.vault.objects.keys()].filter((name) => name.includes(made!.id));
    put(restoreTestName(archive!, new Date()), {
      format: 'nestjs-backup-restore-test/1',
      id: made!.id,
      testedAt: new Date(),
    });
    put(restoreTestName(newer, new Date()), {});
    expect((await shared.host.store.list('vault')).map(({ testedAt }) => testedAt)).toEqual([null, null, null]);
    const [place] = await shared.host.app.get(StatusService, { strict: false }).places();
    expect(place).toMatchObject({ testedAt: null, bytes: made!.destinations[0]!.bytes });
    expect(() => shared.host.app.get(HistoryService)).toThrow();
  });
});
