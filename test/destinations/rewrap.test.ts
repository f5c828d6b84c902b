import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type BackupDestination, localDirectory, RestoreService, RewrapService } from 'nestjs-backup';
import { recipientId } from '../../lib/crypto/age/recipients.js';
import { s3Bucket } from '../../lib/s3/index.js';
import { manifestName } from '../../lib/store/stored-names.js';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { engine } from '../fixtures/databases.js';
import { plant } from '../fixtures/files.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { S3Server } from '../fixtures/s3-server.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { contentOf, objectsOf } from './conformance.js';

const MIB = 1024 * 1024;
const retentionKey = secret('what only the application knows');
const { TEST_LONG } = process.env;
/** The bytes that are moved do not depend on it. */
const LARGE = TEST_LONG ? 1024 * MIB : 48 * MIB;
if (TEST_LONG) jest.setTimeout(1_200_000);

/** A destination that fails at the calls of `rewrite` that it is told, before or after they did something. */
function failing(inner: BackupDestination, at: number, when: 'before' | 'after'): BackupDestination {
  let calls = 0;
  return Object.assign(Object.create(inner) as BackupDestination, {
    rewrite: async (...given: Parameters<NonNullable<BackupDestination['rewrite']>>) => {
      const fails = calls++ === at;
      if (fails && when === 'before') throw new Error('the process was killed');
      const done = await inner.rewrite!(...given);
      if (fails) throw new Error('the process was killed');
      return done;
    },
  });
}

describe('Re-wrapping stored backups', () => {
  let server: S3Server;
  let folder: string;
  let alice: KeyPair;
  let bob: KeyPair;
  let host: StoringHost | undefined;
  beforeAll(async () => {
    [server, alice, bob] = [await S3Server.start(), await keyPair(), await keyPair('hybrid')];
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-rewrap-'));
    await server.clear();
  });
  afterEach(async () => {
    await host?.close();
    host = undefined;
    await rm(folder, { recursive: true });
  });
  afterAll(() => server.stop());

  const start = async (places: Record<string, BackupDestination>, options: object = {}): Promise<StoringHost> => {
    const all = { recipients: [alice.recipient], retentionKey, compressionLevel: 0, ...options };
    host = await StoringHost.start(engine('better-sqlite3'), places, all);
    return host;
  };
  const rewrapper = () => host!.app.get(RewrapService);
  const to = (...pairs: KeyPair[]) => ({
    identity: alice.file,
    recipients: pairs.map(({ recipient }) => recipient),
  });
  const verify = (destination: string, identity: string) =>
    host!.app.get(RestoreService).verify({ destination, id: 'latest' }, { identity });
  const payloadOf = async (place: BackupDestination, archive: string) => {
    const bytes = await contentOf(place, archive);
    const start = bytes.indexOf('\n', bytes.indexOf('\n---') + 1) + 1;
    return createHash('sha256').update(bytes.subarray(start)).digest('hex');
  };

  it('lets other recipients open them, in a directory and in a bucket, and leaves the payload as it is', async () => {
    const places = { local: localDirectory(folder), bucket: s3Bucket(server.options()) };
    await start(places);
    await host!.addBulk();
    const { id } = await host!.store.store({ destinations: ['local', 'bucket'] });
    for (const [destination, place] of Object.entries(places)) {
      const [before] = await host!.store.list(destination);
      expect(before).toMatchObject({ isKeyConfigured: true, manifest: { keyIds: [recipientId(alice.recipient)] } });
      const payload = await payloadOf(place, before!.archive);
      const done = await rewrapper().rewrap({ destination, id }, to(bob));
      const keyIds = [recipientId(bob.recipient)];
      expect(done).toMatchObject({ destination, id, archive: before!.archive, keyIds, remains: null });
      expect(await payloadOf(place, before!.archive)).toBe(payload);
      const [after, ...others] = await host!.store.list(destination);
      expect(others).toEqual([]);
      expect(after).toMatchObject({ result: 'success', origin: 'own', isKeyConfigured: false, bytes: done.bytes });
      expect(after!.manifest).toMatchObject({ keyIds, bytes: done.bytes });
      expect(after!.manifest).not.toHaveProperty('rewrapping');
      expect(await verify(destination, bob.file)).toMatchObject({ encrypted: true });
      await expect(verify(destination, alice.file)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
      // Without recipients, it is for those that the application has.
      await rewrapper().rewrap({ destination, id: 'latest' }, { identity: bob.file });
      expect((await host!.store.list(destination))[0]).toMatchObject({ isKeyConfigured: true });
      expect(await verify(destination, alice.file)).toMatchObject({ encrypted: true });
      expect((await objectsOf(place)).length).toBe(2);
    }
    expect(server.openUploads()).toEqual([]);
  });

  it(`move at most 16 MiB of one of ${LARGE / MIB} MiB in a bucket`, async () => {
    const bucket = s3Bucket(server.options());
    await start({ bucket });
    plant(host!.files, Object.fromEntries(['a.jpg', 'b.jpg'].map((name) => [name, randomBytes(LARGE / 2)])));
    const { id } = await host!.store.store({ destinations: ['bucket'] });
    const { archive, bytes } = (await host!.store.list('bucket'))[0]!;
    expect(bytes).toBeGreaterThan(LARGE);
    const payload = await payloadOf(bucket, archive);
    const before = await server.moved();
    await rewrapper().rewrap({ destination: 'bucket', id }, to(alice, bob));
    const moved = (await server.moved()) - before;
    if (TEST_LONG) process.stdout.write(`moved ${moved} of ${bytes} bytes\n`);
    expect(moved).toBeLessThan(16 * MIB);
    expect(await payloadOf(bucket, archive)).toBe(payload);
    for (const { file } of [alice, bob]) expect(await verify('bucket', file)).toMatchObject({ encrypted: true });
    expect(server.openUploads()).toEqual([]);
  });

  it.each([
    ['before the summary names both', 1, 'before', 'alice'],
    ['before the archive is replaced', 1, 'after', 'alice'],
    ['after the archive was replaced', 2, 'before', 'bob'],
    ['after the summary was replaced', 2, 'after', 'bob'],
  ] as const)('leave a backup that counts and opens when the process ends %s', async (_when, at, when, who) => {
    // The archive's own call is the first to begin, and the second to end.
    const inner = localDirectory(folder);
    await start({ vault: failing(inner, at, when) });
    const { id } = await host!.store.store({ destinations: ['vault'] });
    const recipients = to(alice, bob).recipients;
    await expect(rewrapper().rewrap({ destination: 'vault', id }, to(bob))).rejects.toThrow('killed');
    const [backup] = await host!.store.list('vault');
    expect(backup).toMatchObject({ id, result: 'success', origin: 'own', problem: null });
    const owner = { alice, bob }[who];
    expect(backup!.manifest!.keyIds).toEqual([recipientId(owner.recipient)]);
    expect(await verify('vault', owner.file)).toMatchObject({ encrypted: true });
    // It can be done again.
    await rewrapper().rewrap({ destination: 'vault', id }, { identity: owner.file, recipients });
    for (const { file } of [alice, bob]) expect(await verify('vault', file)).toMatchObject({ encrypted: true });
  });

  it('are refused without changing anything, for what cannot be re-wrapped', async () => {
    const places = { local: localDirectory(folder), memory: new MemoryDestination() };
    await start(places);
    const { id } = await host!.store.store({ destinations: ['local', 'memory'] });
    const aes = await host!.store.store({ destinations: ['local'], aesKey: AES_KEY });
    const plain = await host!.store.store({ destinations: ['local'], plaintext: true });
    const { archive } = (await host!.store.list('memory'))[0]!;
    const before = await contentOf(places.local, archive);
    const refused = (destination: string, which: string, code: string, message: RegExp, given: object = to(bob)) =>
      expect(rewrapper().rewrap({ destination, id: which }, given as ReturnType<typeof to>)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(message),
      });
    await refused('memory', id, 'WRONG_USAGE', /no method rewrite.*Copy the archive/);
    await refused('local', aes.id, 'ARCHIVE_INVALID', /encrypted with an AES key/);
    await refused('local', plain.id, 'ARCHIVE_INVALID', /is not encrypted/);
    await refused('local', 'none', 'ARCHIVE_INVALID', /has no backup "none"/);
    await refused('local', id, 'DECRYPTION_FAILED', /belongs to none of its recipients/, {
      ...to(bob),
      identity: bob.file,
    });
    await refused('local', id, 'INVALID_RECIPIENT', /1 to 20/, { ...to(), identity: alice.file });
    await refused('local', id, 'INVALID_RECIPIENT', /misspelled/, {
      identity: alice.file,
      recipients: [`${alice.recipient}x`],
    });
    expect((await contentOf(places.local, archive)).equals(before)).toBe(true);
    // What nobody vouches for would be sealed.
    const forged = JSON.parse(String(await contentOf(places.local, manifestName(archive)))) as object;
    const bytes = Buffer.from(JSON.stringify({ ...forged, seal: undefined }));
    await places.local.rewrite!(manifestName(archive), async ({ size }) => ({ bytes, instead: size }));
    await refused('local', id, 'WRONG_USAGE', /nothing shows that backup/);
    expect((await contentOf(places.local, archive)).equals(before)).toBe(true);
  });
});
