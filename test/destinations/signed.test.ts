import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { type BackupManifest, type BackupModuleOptions, BackupService, RestoreService } from 'nestjs-backup';
import { describeBackup } from '../../lib/backup/backup-name.js';
import { StatusService } from '../../lib/status/status.service.js';
import { ScheduledRuns } from '../../lib/store/scheduled-runs.js';
import { archiveName, manifestName, restoreTestName } from '../../lib/store/stored-names.js';
import { placeBackup } from '../fixtures/placed-backup.js';
import { type SigningPair, signingPair } from '../fixtures/signing.js';
import { type Chance, sampled } from '../fixtures/streams.js';
import { retentionKey, sharedVault } from './shared-vault.js';

jest.setTimeout(process.env.TEST_LONG ? 600_000 : 120_000);

const ROUNDS = process.env.TEST_LONG ? 500 : 30;
const DAY = 86_400_000;

describe('What nobody has signed in a destination', () => {
  const shared = sharedVault();
  const { start, store, json, put, latest } = shared;
  let own: SigningPair;
  beforeAll(() => {
    own = signingPair();
  });
  const signed = (more: BackupModuleOptions = {}): BackupModuleOptions => ({
    signingKey: own.pem,
    trustedSigners: [own.line],
    ...more,
  });
  const archives = () => [...shared.vault.objects.keys()].filter((name) => !name.endsWith('.json'));
  const originsOf = async () =>
    new Map((await shared.host.store.list('vault')).map(({ archive, origin }) => [archive, origin]));
  /** A copy of a stored backup under another name, with the same summary but for a change. */
  const copy = (archive: string, at: Date, id: string, change: object = {}) => {
    const name = archiveName(describeBackup(at, 'none').filename, id);
    put(name, shared.vault.objects.get(archive)!);
    put(manifestName(name), { ...json(manifestName(archive)), ...change });
    return name;
  };

  it('is neither counted nor deleted, however well it is sealed, and what is signed is', async () => {
    await start(signed({ retentionKey }));
    const seal = await shared.host.seal();
    const real = [await store(), await store(), await store(), await store()];
    const forged: string[] = [];
    for (let hour = 1; hour < 6; hour++) {
      // Whoever has the retentionKey, such as an intruder on another server, can seal.
      forged.push(placeBackup(shared.vault, new Date(Date.now() + hour * 1000 - 10_000), {}, seal));
    }
    const origins = await originsOf();
    expect(forged.map((name) => origins.get(name))).toEqual(forged.map(() => 'unsigned'));
    const { deleted, decisions } = await shared.host.store.prune('vault');
    expect(deleted).toEqual([real[0]]);
    const reasons = decisions.filter(({ backup }) => forged.includes(backup.archive)).map((one) => one.reasons[0]);
    expect(reasons).toEqual(forged.map(() => 'not signed by a trusted signer, so not counted'));
    expect(await latest()).toBe(real[3]);
  });

  it('makes nobody safe: neither a backup, nor the run of a schedule, nor a restore test', async () => {
    await start(signed());
    const scheduled = { schedule: 'nightly', scheduledAt: new Date().toISOString() };
    const forged = placeBackup(shared.vault, new Date(Date.now() - 1000), { scheduled });
    put(restoreTestName(forged, new Date()), { format: 'nestjs-backup-restore-test/1' });
    const status = shared.host.app.get(StatusService, { strict: false });
    expect(await status.lastBackup()).toBeUndefined();
    expect(await status.lastRestoreTest()).toBeUndefined();
    await expect(latest()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    const { signal } = new AbortController();
    const runs = shared.host.app.get(ScheduledRuns, { strict: false });
    const made = await runs.storeOnce(scheduled, { destinations: ['vault'], signal });
    expect(made?.result).toBe('success');
    expect(await runs.storeOnce(scheduled, { destinations: ['vault'], signal })).toBeNull();
    status.lookAgain();
    expect((await status.lastBackup())?.rows).toBe(3);
    await shared.host.app.get(RestoreService).verify({ destination: 'vault', id: made!.id }, { restore: true });
    status.lookAgain();
    expect(await status.lastRestoreTest()).toBeInstanceOf(Date);
    const [listed] = (await shared.host.store.list('vault')).filter(({ id }) => id === made!.id);
    expect(listed?.testedAt).toBeInstanceOf(Date);
  });

  it('is restored by no name, and what is signed by any', async () => {
    await start({ trustedSigners: null });
    const id = await store();
    const [archive] = archives();
    const vault = new Map(shared.vault.objects);
    await shared.host.close();
    await start(signed());
    for (const [name, bytes] of vault) shared.vault.objects.set(name, bytes);
    const restores = shared.host.app.get(RestoreService);
    const options = { replace: true, plaintext: true };
    for (const reference of [id, 'latest']) {
      const source = { destination: 'vault', id: reference };
      await expect(restores.restore(source, options)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
      await expect(restores.verify(source, options)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' });
      await expect(restores.verify(source, { ...options, restore: true })).rejects.toMatchObject({
        code: 'SIGNATURE_MISSING',
      });
      expect((await restores.inspect(source)).signer).toBeUndefined();
    }
    expect((await originsOf()).get(archive!)).toBe('unsigned');
    const real = await store();
    // Without its summary's signature its own still says whose it is.
    const [name] = archives().filter((one) => one.includes(real));
    const { signature: _, ...summary } = json(manifestName(name!));
    put(manifestName(name!), summary);
    expect((await restores.restore({ destination: 'vault', id: real }, { replace: true })).signature).toEqual({
      signer: own.fingerprint,
      trusted: true,
    });
  });

  it('has the name of the key in its own manifest, and lets others check it without any secret', async () => {
    await start(signed());
    const id = await store();
    const [archive] = archives();
    expect(json(manifestName(archive!))).toMatchObject({
      id,
      object: manifestName(archive!),
      signature: expect.stringContaining('-----BEGIN SSH SIGNATURE-----'),
    });
    const vault = new Map(shared.vault.objects);
    await shared.host.close();
    // A machine that only restores: it has no key at all.
    await start({ trustedSigners: [own.line] });
    for (const [name, bytes] of vault) shared.vault.objects.set(name, bytes);
    expect((await originsOf()).get(archive!)).toBe('unknown');
    expect(await latest()).toBe(id);
    await shared.host.close();
    await start({ trustedSigners: [signingPair().line] });
    for (const [name, bytes] of vault) shared.vault.objects.set(name, bytes);
    expect((await originsOf()).get(archive!)).toBe('unsigned');
    const restores = shared.host.app.get(RestoreService);
    const source = { destination: 'vault', id };
    await expect(restores.verify(source)).rejects.toMatchObject({ code: 'SIGNATURE_UNTRUSTED' });
    expect(await restores.verify(source, { trustedSigners: [own.line] })).toMatchObject({
      signature: { trusted: true },
    });
    await expect(restores.verify(source, { trustedSigners: ['x'] })).rejects.toMatchObject({ code: 'INVALID_SIGNER' });
    expect((await restores.inspect(source)).signer).toBe(own.fingerprint);
  });

  const nameOf = ({ id, createdAt }: BackupManifest) =>
    archiveName(describeBackup(new Date(createdAt), 'none').filename, id);

  const REPLAYS: Record<string, (archive: string, other: string, chance: Chance) => string> = {
    'at another time': (archive, _, chance) =>
      copy(archive, new Date(Date.now() + chance.between(1, 400) * DAY), json(manifestName(archive)).id),
    'under another id': (archive) => copy(archive, new Date(json(manifestName(archive)).createdAt), randomUUID()),
    'under another name, with a summary that fits': (archive, _, chance) => {
      const [id, at] = [randomUUID(), new Date(Date.now() + chance.between(1, 400) * DAY)];
      const object = manifestName(archiveName(describeBackup(at, 'none').filename, id));
      return copy(archive, at, id, { id, createdAt: at.toISOString(), object });
    },
    'with another size': (archive, _, chance) => {
      const [id, at] = [json(manifestName(archive)).id as string, new Date(Date.now() + DAY)];
      return copy(archive, at, id, { bytes: json(manifestName(archive)).bytes + chance.between(1, 9) });
    },
    'as the archive of another one': (archive, other) => {
      put(other, shared.vault.objects.get(archive)!);
      return other;
    },
    'as the summary of another one': (archive, other) => {
      put(manifestName(other), json(manifestName(archive)));
      return other;
    },
    'as that of another one, name and all': (archive, other) => {
      put(manifestName(other), { ...json(manifestName(archive)), object: manifestName(other) });
      return other;
    },
    'with a change': (archive, _, chance) => {
      const change = chance.of<object>([{ complete: false }, { rows: 7 }, { redacted: true }, { finishedAt: 'x' }]);
      put(manifestName(archive), { ...json(manifestName(archive)), ...change });
      return archive;
    },
  };

  it.each<[string, BackupModuleOptions]>([
    ['with a seal as well', { retentionKey }],
    ['without a seal', {}],
  ])('is what was signed, in another place, %s: it is refused, and moves nothing out', async (_what, more) => {
    await start(signed(more));
    await store();
    await store();
    const [one, two] = archives() as [string, string];
    const before = new Map(shared.vault.objects);
    const restores = shared.host.app.get(RestoreService);
    await sampled(ROUNDS, async (chance) => {
      shared.vault.objects.clear();
      for (const [name, bytes] of before) shared.vault.objects.set(name, bytes);
      const kind = chance.of(Object.keys(REPLAYS));
      const name = REPLAYS[kind]!(one, two, chance);
      const listed = await shared.host.store.list('vault');
      const replayed = listed.find(({ archive }) => archive === name)!;
      const { id } = replayed;
      const counts = ['own', 'unknown'].includes(replayed.origin) && replayed.result === 'success';
      const sure = await restores
        .restore({ destination: 'vault', id: 'latest' }, { dryRun: true, replace: true })
        .catch(() => undefined);
      if (kind !== 'as the archive of another one') {
        if (counts) throw new Error(`${kind}: ${name} counts`);
        if (sure && nameOf(sure.manifest) === name) {
          throw new Error(`${kind}: ${name} is the latest`);
        }
      }
      // By its id it is what it is, or nothing.
      const found = await restores.verify({ destination: 'vault', id }).catch(() => undefined);
      if (found && found.manifest.id !== id) throw new Error(`${kind}: ${found.manifest.id} was taken for ${id}`);
      if (kind === 'as the archive of another one' && found) throw new Error(`${kind} was taken for ${id}`);
      const { deleted } = more.retentionKey ? await shared.host.store.prune('vault') : { deleted: [] };
      if (deleted.length > 0) throw new Error(`${kind}: ${deleted.join(', ')} was deleted`);
    });
  });

  it('is an older backup under the name of a newer one, which is refused by its id too', async () => {
    await start(signed());
    const id = await store();
    const [archive] = archives() as [string];
    const at = new Date(Date.now() + DAY);
    copy(archive, at, id, { createdAt: at.toISOString() });
    shared.vault.objects.delete(archive);
    shared.vault.objects.delete(manifestName(archive));
    await expect(shared.host.app.get(RestoreService).verify({ destination: 'vault', id })).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining(`and is not the backup of ${at.toISOString()}`),
    });
  });

  it('is what the application itself makes without a key: it says so', async () => {
    await start({ trustedSigners: [own.line] });
    const backup = await shared.host.app.get(BackupService).create();
    backup.stream.resume();
    await backup.manifest;
    expect(shared.host.logs()).toContain('signingKey is not: this backup is not signed');
  });
});
