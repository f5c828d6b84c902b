import { BackupService, BackupStore, RestoreService } from 'nestjs-backup';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { openedByEach } from '../fixtures/age-readers.js';
import { asSystem, body, describeEachAdapter, ENDPOINT, type Host } from '../fixtures/host.js';
import { send } from '../fixtures/http-client.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';
import { sourceOf } from '../unit/restore/support/made-archive.js';

describeEachAdapter('Backups to recipients', ({ start }) => {
  let host: Host;
  let own: KeyPair;
  let alice: KeyPair;
  let bob: KeyPair;
  const vault = new MemoryDestination();
  beforeAll(async () => {
    [own, alice, bob] = [await keyPair('hybrid'), await keyPair(), await keyPair('hybrid')];
    host = await start({ options: { recipients: [own.recipient], destinations: { vault } } });
  });
  beforeEach(() => vault.objects.clear());

  const post = (more: object, to = host) => send(to.url + ENDPOINT, { headers: asSystem, body: { ...body, ...more } });
  const opens = (bytes: Buffer, identity: string, more = {}) =>
    host.app.get(RestoreService).inspect(sourceOf(bytes), { identity, ...more });

  it('are what the application makes, over HTTP, in code and in a destination, and it cannot open them', async () => {
    const answer = await post({});
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/octet-stream']);
    expect(answer.headers['content-disposition']).toMatch(/"backup-\d{8}T\d{6}Z\.zip\.age"$/);
    expect((await opens(answer.bytes, own.file)).complete).toBe(true);
    const look = host.app.get(RestoreService).inspect(sourceOf(answer.bytes));
    await expect(look).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining('--identity'),
    });

    expect((await post({ destination: 'vault' })).status).toBe(202);
    await until('it is stored', () => vault.objects.size === 2);
    const [[name, bytes]] = [...vault.objects].filter(([one]) => !one.endsWith('.json')) as [[string, Buffer]];
    expect(name).toMatch(/\.zip\.age$/);
    expect((await opens(bytes, own.file)).complete).toBe(true);
    const [listed] = await host.app.get(BackupStore).list('vault');
    expect(listed).toMatchObject({ encrypted: true, result: 'success', manifest: { encrypted: true } });
    expect(host.events.findLast(({ event }) => event === 'backup.started')).toMatchObject({ encrypted: true });
  });

  it('are made for those that a request names, of any kind, instead of the configured ones', async () => {
    const answer = await post({ recipients: [alice.recipient, bob.recipient] });
    expect(answer.status).toBe(200);
    for (const { file } of [alice, bob]) expect((await opens(answer.bytes, file)).complete).toBe(true);
    expect((await openedByEach(answer.bytes, alice)).subarray(0, 2).toString()).toBe('PK');
    await expect(opens(answer.bytes, own.file)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    expect((await post({ recipients: null })).headers['content-disposition']).toMatch(/\.zip\.age"$/);
  });

  it('give way to a key that is sent', async () => {
    const answer = await post({ aes_key: AES_KEY });
    expect(answer.headers['content-disposition']).toMatch(/\.zip\.crypt"$/);
    const inspect = host.app
      .get(RestoreService)
      .inspect(sourceOf(answer.bytes), { identity: own.file, aesKey: AES_KEY });
    expect((await inspect).complete).toBe(true);
    await expect(opens(answer.bytes, own.file)).rejects.toMatchObject({ message: expect.stringContaining('AES key') });
  });

  it.each<[string, () => object, RegExp]>([
    ['a text', () => ({ recipients: alice.recipient }), /^recipients must be an array of 1 to 20/],
    ['an empty list', () => ({ recipients: [] }), /^recipients must be an array of 1 to 20/],
    ['too many', () => ({ recipients: Array(21).fill(alice.recipient) }), /^recipients must be an array of 1 to 20/],
    [
      'an identity',
      () => ({ recipients: [alice.recipient, bob.identity] }),
      /^recipients\[1\] cannot be used: it is an identity/,
    ],
    [
      'a misspelled one',
      () => ({ recipients: [`${alice.recipient}q`] }),
      /^recipients\[0\] cannot be used: it is misspelled/,
    ],
    ['a number', () => ({ recipients: [1] }), /^recipients\[0\] cannot be used: it is not a string/],
    ['a key beside them', () => ({ recipients: [alice.recipient], aes_key: AES_KEY }), /exclude each other: send one/],
  ])('are refused without an echo, and nothing is made: 400 with %s', async (_what, given, message) => {
    for (const more of [{}, { check: true }, { destination: 'vault' }]) {
      const answer = await post({ ...given(), ...more });
      expect([answer.status, answer.json.code]).toEqual([400, 'INVALID_BODY']);
      expect(answer.json.message).toEqual([expect.stringMatching(message)]);
      expect(answer.text).not.toContain(alice.recipient);
      expect(answer.text).not.toContain(bob.identity.slice(20));
    }
    expect(vault.objects.size).toBe(0);
  });

  it('are refused where nobody could open them: 400', async () => {
    const zero = 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z';
    const answer = await post({ recipients: [zero] });
    expect([answer.status, answer.json.code]).toEqual([400, 'INVALID_RECIPIENT']);
  });

  it('are refused together with another wish', async () => {
    const backups = host.app.get(BackupService);
    const recipients = [alice.recipient];
    for (const other of [{ plaintext: true }, { aesKey: AES_KEY }]) {
      await expect(backups.create({ recipients, ...other })).rejects.toMatchObject({ code: 'WRONG_USAGE' });
    }
    await expect(backups.create({ recipients: [] })).rejects.toMatchObject({ code: 'INVALID_RECIPIENT' });
    const plain = await backups.create({ plaintext: true });
    expect(plain.filename).toMatch(/\.zip$/);
    plain.stream.on('error', () => {}).destroy();
  });

  it('are made although there is an encryptionKey, which still opens what it has encrypted', async () => {
    const both = await start({ options: { recipients: [own.recipient], encryptionKey: AES_KEY } });
    const made = await post({}, both);
    expect(made.headers['content-disposition']).toMatch(/\.zip\.age"$/);
    const older = await post({ aes_key: AES_KEY }, both);
    expect((await both.app.get(RestoreService).inspect(sourceOf(older.bytes))).complete).toBe(true);
  });
});
