import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import type { Transform } from 'node:stream';
import { identityToRecipient } from 'age-encryption';
import { BackupStore, type KeyService } from 'nestjs-backup';
import { describeBackup } from '../../lib/backup/backup-name.js';
import { parseAesKey } from '../../lib/crypto/aes-key.js';
import { AgeEncryptor } from '../../lib/crypto/age/age-encryptor.js';
import { Identities } from '../../lib/crypto/age/identities.js';
import { Recipients } from '../../lib/crypto/age/recipients.js';
import { rewrap } from '../../lib/crypto/age/rewrap.js';
import { type OpeningKeys, openEncrypted } from '../../lib/crypto/decrypted-source.js';
import { SegmentEncryptor } from '../../lib/crypto/segment-cipher.js';
import { DatabaseService } from '../../lib/database/database.service.js';
import { Marks } from '../../lib/store/marks.js';
import { Seal } from '../../lib/store/seal.js';
import { StoredArchives } from '../../lib/store/stored-archives.js';
import { writeStoredManifest } from '../../lib/store/stored-manifest.js';
import { archiveName, manifestName } from '../../lib/store/stored-names.js';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { tableBelow } from '../fixtures/documentation.js';
import { asSystem, body, describeEachAdapter, ENDPOINT, type Host } from '../fixtures/host.js';
import { send } from '../fixtures/http-client.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY, BACKUP_KEY, secret } from '../fixtures/secrets.js';
import { through } from '../fixtures/streams.js';
import { sourceOf } from '../unit/restore/support/made-archive.js';

const RETENTION_KEY = secret('what only the application knows');
const TIMEOUT = 1_000;

/** What somebody has: a text, or the use of a key service. */
type Holding = string | KeyService;

/** A key service, and what remains of it for whoever may not do all. */
function keyServices(): Record<'whole' | 'encrypt' | 'decrypt', KeyService> {
  const [key, nonce] = [randomBytes(32), randomBytes(12)];
  const whole: KeyService = {
    id: 'service',
    wrap: async (fileKey) => createCipheriv('aes-256-gcm', key, nonce).update(fileKey),
    unwrap: async (wrapped) => createDecipheriv('aes-256-gcm', key, nonce).update(wrapped),
  };
  const denied = () => Promise.reject(new Error('denied'));
  return { whole, encrypt: { ...whole, unwrap: denied }, decrypt: { ...whole, wrap: denied } };
}

/** Those that work; what is no such key fails at once. */
async function working<Value>(...ways: Array<() => Value | Promise<Value>>): Promise<Value[]> {
  const tried = await Promise.allSettled(ways.map(async (way) => way()));
  return tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

const textOf = (holding: Holding) => {
  if (typeof holding === 'string') return holding;
  throw new Error('not a text');
};

/** Every way to open archives that a holding may be meant for. */
const waysToOpen = (holding: Holding): Promise<OpeningKeys[]> =>
  working<OpeningKeys>(
    () => ({ identities: typeof holding === 'string' ? Identities.parse(holding) : Identities.of([holding], TIMEOUT) }),
    () => ({ key: parseAesKey(textOf(holding)) }),
  );

async function opensAny(archives: readonly Buffer[], ways: readonly OpeningKeys[]): Promise<boolean> {
  const opened = archives.flatMap((archive) =>
    ways.map((keys) => async () => {
      const source = await openEncrypted(sourceOf(archive), keys);
      if ((await source.read(0, 2)).toString() !== 'PK') throw new Error('not opened');
    }),
  );
  return (await working(...opened)).length > 0;
}

/** The table, row by row: what somebody has, and a yes or no by the title of its column. */
function rowsOf([[, ...titles], ...rows]: [string[], ...string[][]]): Array<
  [holder: string, cells: Record<string, string>]
> {
  return rows.map(([holder, ...cells]) => [
    holder!,
    Object.fromEntries(cells.map((cell, index) => [titles[index]!, cell])),
  ]);
}

describeEachAdapter(
  'Whoever has only',
  ({ start }) => {
    const vault = new MemoryDestination();
    const services = keyServices();
    let alice: KeyPair;
    let host: Host;
    let holdings: Record<string, () => Holding>;
    /** What the owner of all keys opens archives with. */
    let all: OpeningKeys[];
    const stored = () => [...vault.objects].filter(([name]) => !name.endsWith('.json')).map(([, bytes]) => bytes);

    beforeAll(async () => {
      alice = await keyPair();
      const options = {
        recipients: [alice.recipient, services.whole],
        encryptionKey: AES_KEY,
        retentionKey: RETENTION_KEY,
        destinations: { vault },
        // Wrong keys are counted.
        wrongKeys: { limit: 100 },
      };
      host = await start({ options });
      const store = host.app.get(BackupStore);
      await store.store({ destinations: ['vault'] });
      await store.store({ destinations: ['vault'], aesKey: AES_KEY });
      holdings = {
        'a recipient': () => alice.recipient,
        'an identity': () => alice.identity,
        'the AES key (`encryptionKey`)': () => AES_KEY,
        'the `retentionKey`': () => RETENTION_KEY,
        '`kms:Encrypt`': () => services.encrypt,
        '`kms:Decrypt`': () => services.decrypt,
        'the backup key, as system user': () => BACKUP_KEY,
      };
      const owned = await Promise.all([alice.identity, AES_KEY, services.whole].map(waysToOpen));
      all = owned.flat();
    });

    /** A column's title, and an attempt that tells whether it succeeds. */
    const attempts: Record<string, (holding: Holding) => Promise<boolean>> = {
      'opens archives': async (holding) => opensAny(stored(), await waysToOpen(holding)),

      'makes archives that open': async (holding) => {
        const forAge = async (recipient: Holding) =>
          new AgeEncryptor(await (await Recipients.parse([recipient])).wrap());
        const ciphers = await working<Transform>(
          () => forAge(holding),
          async () => forAge(await identityToRecipient(textOf(holding))),
          () => new SegmentEncryptor(parseAesKey(textOf(holding))),
        );
        const forged = await Promise.all(ciphers.map(async (cipher) => through(cipher, Buffer.from('PK forged'))));
        return opensAny(
          forged.map(({ output }) => output),
          all,
        );
      },

      "has them counted as the application's": async (holding) => {
        const { name } = host.app.get(DatabaseService, { strict: false });
        const seals = await working<Seal | null>(
          () => null,
          () => new Seal([{ of: 'retentionKey', bytes: Buffer.from(textOf(holding)) }], name),
          () => new Seal([{ of: 'encryptionKey', bytes: parseAesKey(textOf(holding)) }], name),
        );
        for (const seal of seals) {
          const [id, time] = [randomUUID(), new Date(Date.now() + 5_000)];
          const archive = archiveName(describeBackup(time, 'age').filename, id);
          const at = { createdAt: time.toISOString(), finishedAt: time.toISOString() };
          const summary = {
            id,
            ...at,
            appVersion: '1',
            encrypted: true,
            complete: true,
            bytes: 9,
            tables: 1,
            rows: 1,
            files: 1,
          };
          vault.objects.set(archive, Buffer.from('forged...'));
          vault.objects.set(
            manifestName(archive),
            await writeStoredManifest(summary, manifestName(archive), new Marks(seal)),
          );
          const latest = await host.app.get(StoredArchives, { strict: false }).latest('vault');
          for (const object of [archive, manifestName(archive)]) vault.objects.delete(object);
          if (latest?.id === id) return true;
        }
        return false;
      },

      're-wraps archives': async (holding) => {
        const mallory = await keyPair();
        const to = await Recipients.parse([mallory.recipient]);
        const done = (await waysToOpen(holding)).flatMap(({ identities }) =>
          stored().map((archive) => async () => {
            const { header, instead } = await rewrap(sourceOf(archive), identities!, to);
            return Buffer.concat([header, archive.subarray(instead)]);
          }),
        );
        return opensAny(await working(...done), [{ identities: Identities.parse(mallory.identity) }]);
      },

      'starts backups over HTTP': async (holding) => {
        if (typeof holding !== 'string') return false;
        const answer = await send(host.url + ENDPOINT, { headers: asSystem, body: { ...body, key: holding } });
        expect([200, 403]).toContain(answer.status);
        return answer.status === 200;
      },
    };

    const table = rowsOf(tableBelow('SECURITY.md', 'Who can do what with which key') as [string[], ...string[][]]);

    it('is listed in SECURITY.md with everything that is tried here, and nothing else', () => {
      expect(table.map(([holder]) => holder)).toEqual(expect.arrayContaining(Object.keys(holdings)));
      for (const [, cells] of table) expect(Object.keys(cells)).toEqual(Object.keys(attempts));
    });

    it.each(
      table.flatMap(([holder, cells]) =>
        Object.entries(cells).map(([what, answer]) => [holder, what, answer] as const),
      ),
    )('%s: %s? %s', async (holder, what, answer) => {
      expect(['yes', 'no']).toContain(answer);
      expect((await attempts[what]!(holdings[holder]!())) ? 'yes' : 'no').toBe(answer);
    });
  },
  'better-sqlite3',
);
