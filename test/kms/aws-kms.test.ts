import { BackupService, type KeyService, RestoreService, RewrapService } from 'nestjs-backup';
import { recipientId } from '../../lib/crypto/age/recipients.js';
import { awsKms } from '../../lib/kms/index.js';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { ageReaders, openedByEach, openWithEach } from '../fixtures/age-readers.js';
import { engine } from '../fixtures/databases.js';
import { KmsServer } from '../fixtures/kms-server.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { StoringHost } from '../fixtures/storing-host.js';

const [ENCRYPT, DECRYPT] = ['TrentService.Encrypt', 'TrentService.Decrypt'];

describe('AWS KMS as a recipient', () => {
  let kms: KmsServer;
  let alice: KeyPair;
  let vault: MemoryDestination;
  let host: StoringHost | undefined;
  beforeAll(async () => {
    [kms, alice] = [await KmsServer.start(), await keyPair()];
  });
  beforeEach(() => {
    kms.recover();
    vault = new MemoryDestination();
  });
  afterEach(async () => {
    await host?.close();
    host = undefined;
  });
  afterAll(() => kms.stop());

  const start = async (...recipients: Array<string | KeyService>): Promise<StoringHost> => {
    host = await StoringHost.start(engine('better-sqlite3'), { vault }, { recipients });
    return host;
  };
  const store = () => host!.store.store({ destinations: ['vault'] });
  const latest = { destination: 'vault', id: 'latest' };
  const archiveIn = (place: MemoryDestination) => {
    const [name] = [...place.objects.keys()].filter((one) => one.endsWith('.age'));
    return place.objects.get(name!)!;
  };

  it('wraps with one call for a backup, and unwraps with one for each opening', async () => {
    const { app } = await start(awsKms(kms.options()));
    expect(kms.calls).toEqual([]);
    await host!.addBulk();
    const { id } = await store();
    expect(kms.calls).toEqual([ENCRYPT]);
    const restores = app.get(RestoreService);
    expect(await restores.verify(latest)).toMatchObject({ encrypted: true });
    expect(kms.calls).toEqual([ENCRYPT, DECRYPT]);
    await host!.query('DELETE FROM note');
    expect((await restores.restore(latest, { replace: true })).manifest.id).toBe(id);
    expect(kms.calls).toEqual([ENCRYPT, DECRYPT, DECRYPT]);
    expect(await host!.query('SELECT text FROM note')).toHaveLength(3);
    const [listed] = await host!.store.list('vault');
    expect(listed).toMatchObject({ isKeyConfigured: true, manifest: { keyIds: [recipientId(kms.keyId)] } });
  });

  it('leaves an archive open to the identities beside it, without a call', async () => {
    const { app } = await start(awsKms(kms.options()), alice.recipient);
    await store();
    expect(await app.get(RestoreService).verify(latest, { identity: alice.file })).toMatchObject({ encrypted: true });
    expect(kms.calls).toEqual([ENCRYPT]);
  });

  it('is passed over by what reads age, and opens with an identity and not without', async () => {
    await start(awsKms(kms.options()), alice.recipient);
    await store();
    const archive = archiveIn(vault);
    expect((await openedByEach(archive, alice)).subarray(0, 2).toString()).toBe('PK');
    const refused = [...(await openWithEach(archive, await keyPair()))];
    expect(refused).toEqual(ageReaders().map((name) => [name, expect.any(String)]));
  });

  it.each([
    ['AccessDeniedException', /credentials do not permit this \(kms:Encrypt/],
    ['DisabledException', /the key is disabled/],
    ['KMSInvalidStateException', /the state of the key/],
    ['NotFoundException', /no such key/],
    ['ThrottlingException', /too many requests/],
    ['SomethingNewException', /answered 400 SomethingNewException/],
  ])('that answers %s makes no backup, neither unencrypted nor for the other recipients', async (error, message) => {
    const { app } = await start(awsKms(kms.options()), alice.recipient);
    kms.fail(error);
    const refusal = { code: 'KEY_SERVICE_FAILED', message: expect.stringMatching(message) };
    await expect(store()).rejects.toMatchObject(refusal);
    await expect(app.get(BackupService).create()).rejects.toMatchObject(refusal);
    expect([...vault.objects.keys()]).toEqual([]);
    await host!.unlocked();
    expect(host!.events().map(({ event }) => event)).not.toContain('backup.finished');
    kms.recover();
    expect(await store()).toMatchObject({ result: 'success' });
  });

  it('is asked again when it throttles, and the backup is made', async () => {
    await start(awsKms(kms.options()));
    kms.fail('ThrottlingException', 2);
    expect(await store()).toMatchObject({ result: 'success' });
    expect(kms.calls).toEqual([ENCRYPT, ENCRYPT, ENCRYPT]);
  });

  it.each([
    ['does not exist', () => kms.options({ client: { ...kms.options().client, endpoint: 'http://127.0.0.1:9' } })],
    ['does not answer', () => kms.options({ timeout: 200 })],
  ])('that %s makes no backup', async (_what, options) => {
    await start(awsKms(options()));
    kms.fail('silent');
    const refusal = { code: 'KEY_SERVICE_FAILED', message: expect.stringMatching(/does not answer/) };
    await expect(store()).rejects.toMatchObject(refusal);
    expect([...vault.objects.keys()]).toEqual([]);
  });

  it('opens nothing with another key, another context, or without the permission, and says which', async () => {
    const { app } = await start(awsKms(kms.options({ encryptionContext: { application: 'shop' } })));
    await store();
    const read = (given: KeyService) =>
      StoringHost.start(engine('better-sqlite3'), { vault }, { recipients: [given] }).then(async (other) => {
        const result = await other.app
          .get(RestoreService)
          .verify(latest)
          .catch((error: unknown) => error);
        await other.close();
        return result;
      });
    const wrong = awsKms(kms.options({ encryptionContext: { application: 'blog' } }));
    expect(await read(wrong)).toMatchObject({
      code: 'KEY_SERVICE_FAILED',
      message: expect.stringMatching(/did not wrap/),
    });
    const other = awsKms(kms.options({ keyId: 'alias/other' }));
    expect(await read(other)).toMatchObject({
      code: 'DECRYPTION_FAILED',
      message: expect.stringMatching(/key service is none of its recipients/),
    });
    kms.fail('AccessDeniedException');
    await expect(app.get(RestoreService).verify(latest)).rejects.toMatchObject({
      code: 'KEY_SERVICE_FAILED',
      message: expect.stringMatching(/kms:Decrypt/),
    });
  });

  it('takes part in re-wrapping: for it, and away from it', async () => {
    const places = new (class extends MemoryDestination {
      async rewrite(...[name, change]: Parameters<NonNullable<import('nestjs-backup').BackupDestination['rewrite']>>) {
        const former = this.objects.get(name)!;
        const { bytes, instead } = await change(await this.open(name));
        this.objects.set(name, Buffer.concat([bytes, former.subarray(instead)]));
        return { name, bytes: this.objects.get(name)!.length };
      }
    })();
    vault = places;
    const { app } = await start(awsKms(kms.options()));
    await store();
    const rewrapped = await app.get(RewrapService).rewrap(latest, { recipients: [alice.recipient] });
    expect(rewrapped.keyIds).toEqual([recipientId(alice.recipient)]);
    await expect(app.get(RestoreService).verify(latest)).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    await app.get(RewrapService).rewrap(latest, { identity: alice.file });
    expect(await app.get(RestoreService).verify(latest)).toMatchObject({ encrypted: true });
  });
});

describe('A key service', () => {
  const bytes = async () => Buffer.from('x');
  it.each<[string, object, RegExp]>([
    ['without unwrap', { id: 'a', wrap: bytes }, /the methods wrap and unwrap/],
    ['without an id', { id: '', wrap: bytes, unwrap: bytes }, /its id/],
    ['with an id of two words', { id: 'a b', wrap: bytes, unwrap: bytes }, /its id/],
    ['of AWS without a key', awsKms({ keyId: undefined as unknown as string }), /its id/],
  ])('%s stops the start', async (_what, service, message) => {
    const starting = StoringHost.start(engine('better-sqlite3'), {}, { recipients: [service as KeyService] });
    await expect(starting).rejects.toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringMatching(message) });
  });

  it.each<[string, Partial<KeyService>, RegExp]>([
    ['returns nothing', { wrap: async () => undefined as unknown as Uint8Array }, /wrap\(\) returned no bytes/],
    ['returns too much', { wrap: async () => Buffer.alloc(100_000) }, /too long/],
    [
      'throws at once',
      {
        wrap: () => {
          throw new Error('it is closed');
        },
      },
      /it is closed/,
    ],
    ['never answers', { wrap: () => new Promise<Uint8Array>(() => {}) }, /did not answer for 0.2 seconds/],
  ])('that %s makes no backup', async (_what, methods, message) => {
    const service = { id: 'own', wrap: bytes, unwrap: bytes, ...methods };
    const options = { recipients: [service], remoteTimeout: 200 };
    const host = await StoringHost.start(engine('better-sqlite3'), {}, options);
    try {
      await expect(host.app.get(BackupService).create()).rejects.toMatchObject({
        code: 'KEY_SERVICE_FAILED',
        message: expect.stringMatching(message),
      });
    } finally {
      await host.close();
    }
  });
});
