import { buffer } from 'node:stream/consumers';
import { BackupService, BackupStore } from 'nestjs-backup';
import { openArchive } from '../../lib/restore/read/open-archive.js';
import { readBackup } from '../fixtures/backup.js';
import { asSystem, body, describeEachAdapter, ENDPOINT, type Host } from '../fixtures/host.js';
import { send } from '../fixtures/http-client.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';

const OWN_KEY = secret('00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff');

describeEachAdapter('A configured encryptionKey', ({ start }) => {
  let host: Host;
  const vault = new MemoryDestination();
  beforeAll(async () => {
    host = await start({ options: { encryptionKey: () => OWN_KEY, destinations: { vault } } });
  });
  beforeEach(() => vault.objects.clear());

  const opens = async (bytes: Buffer, key?: string) => {
    const source = {
      size: bytes.length,
      read: async (at: number, length: number) => Buffer.from(bytes.subarray(at, at + length)),
    };
    const archive = await openArchive(
      { ...source, close: async () => {} },
      { key: key ? Buffer.from(key, 'hex') : undefined },
    );
    await archive.close();
    return archive.manifest;
  };
  const post = (more: object) => send(host.url + ENDPOINT, { headers: asSystem, body: { ...body, ...more } });
  const stored = async () => {
    await until('it is stored', () => vault.objects.size === 2);
    const [name] = [...vault.objects.keys()].filter((one) => !one.endsWith('.json'));
    return { name: name!, bytes: vault.objects.get(name!)! };
  };

  it.each([
    ['the configured one', {}, OWN_KEY],
    ['the configured one, when none is said to be given', { aes_key: null }, OWN_KEY],
    ['the one that was sent', { aes_key: AES_KEY }, AES_KEY],
  ])('encrypts every download: with %s', async (_what, given, key) => {
    const answer = await post(given);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/octet-stream']);
    expect(answer.headers['content-disposition']).toMatch(/\.zip\.crypt"$/);
    expect((await opens(answer.bytes, key)).complete).toBe(true);
  });

  it.each([
    ['the configured one', {}, OWN_KEY],
    ['the one that was sent', { aes_key: AES_KEY }, AES_KEY],
  ])('encrypts what HTTP stores in a destination: with %s', async (_what, given, key) => {
    expect((await post({ ...given, destination: 'vault' })).status).toBe(202);
    const { name, bytes } = await stored();
    expect(name).toMatch(/\.zip\.crypt$/);
    expect((await opens(bytes, key)).complete).toBe(true);
    expect(host.events.findLast(({ event }) => event === 'backup.started')).toMatchObject({ encrypted: true });
  });

  it('encrypts what code makes and stores, unless it is told not to', async () => {
    const [backups, store] = [host.app.get(BackupService), host.app.get(BackupStore)];
    const made = await backups.create();
    expect(made.filename).toMatch(/\.zip\.crypt$/);
    await opens(await buffer(made.stream), OWN_KEY);
    await store.store({ destinations: ['vault'] });
    await opens((await stored()).bytes, OWN_KEY);

    const plain = await backups.create({ plaintext: true });
    expect(plain.filename).toMatch(/\.zip$/);
    expect((await readBackup(await buffer(plain.stream))).manifest.complete).toBe(true);
    vault.objects.clear();
    await store.store({ destinations: ['vault'], plaintext: true });
    expect((await stored()).name).toMatch(/\.zip$/);
    const both = backups.create({ plaintext: true, aesKey: AES_KEY });
    await expect(both).rejects.toMatchObject({ code: 'WRONG_USAGE' });
  });

  it.each([
    ['another text', () => 'short'],
    ['undefined, as a variable that is not set', () => undefined as unknown as string],
    ['null', async () => null as unknown as string],
    ['an empty text', () => ''],
  ])('that the function does not give is an error of the application, and no backup is made: %s', async (_, given) => {
    const other = await start({ options: { encryptionKey: given, destinations: { vault } } });
    await expect(other.app.get(BackupService).create()).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    for (const given of [{}, { destination: 'vault' }]) {
      const answer = await send(other.url + ENDPOINT, { headers: asSystem, body: { ...body, ...given } });
      expect([answer.status, answer.json.code]).toEqual([500, 'INVALID_OPTIONS']);
    }
    expect(vault.objects.size).toBe(0);
  });
});
