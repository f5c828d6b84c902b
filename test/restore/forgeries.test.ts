import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { BackupService, RestoreService } from 'nestjs-backup';
import { Recipients } from '../../lib/crypto/age/recipients.js';
import { encryptStream } from '../../lib/crypto/archive-key.js';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { engine } from '../fixtures/databases.js';
import { openBelow, plant } from '../fixtures/files.js';
import { hostileZip } from '../fixtures/hostile-zip.js';
import {
  asIfOf,
  madeAnew,
  type Part,
  part,
  putTogether,
  type SigningPair,
  signingPair,
  takeApart,
  unsigned,
} from '../fixtures/signing.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { type Chance, sampled } from '../fixtures/streams.js';
import { sourceOf } from '../unit/restore/support/made-archive.js';
import { alterations } from './support/alterations.js';

const ROUNDS = process.env.TEST_LONG ? 1_000 : 100;
jest.setTimeout(process.env.TEST_LONG ? 1_200_000 : 180_000);

const NAMESPACE = 'nestjs-backup';
const REFUSALS = ['SIGNATURE_MISSING', 'SIGNATURE_UNTRUSTED', 'SIGNATURE_INVALID', 'ARCHIVE_INVALID'];

describe('An archive that no trusted signer has made', () => {
  let host: StoringHost;
  let own: SigningPair;
  let mallory: SigningPair;
  let reader: KeyPair;
  let parts: Part[];
  /** Of another backup of the application. */
  let others: Part[];
  const back = async () => takeApart(await buffer((await create()).stream));
  const create = () => host.app.get(BackupService).create({ plaintext: true });

  beforeAll(async () => {
    [own, mallory, reader] = [signingPair(), signingPair(), await keyPair()];
    host = await StoringHost.start(
      engine('better-sqlite3'),
      {},
      {
        recipients: [reader.recipient],
        signingKey: own.pem,
        trustedSigners: [own.line],
      },
    );
    plant(host.files, { 'a.txt': 'aaaa', 'b/b.txt': 'bbbb', 'b/c.txt': 'cccc', 'b/empty': null });
    [parts, others] = [await back(), await back()];
  });
  afterAll(() => host.close());

  const restores = () => host.app.get(RestoreService);
  const rows = async () => (await host.query('SELECT text FROM note ORDER BY id')).map(({ text }) => text);
  const signatureOf = (from: readonly Part[]) => part(from, 'manifest.json.sig');

  /** Everything that takes an archive; none of it may change anything. */
  const refuse = async (bytes: Buffer, chance: Chance, what: string, options = {}) => {
    const ways = [
      () => restores().restore(sourceOf(bytes), { ...options, replace: true }),
      () => restores().restore(sourceOf(bytes), { ...options, replace: true, dryRun: true }),
      () => restores().verify(sourceOf(bytes), options),
    ];
    const error: unknown = await chance
      .of(ways)()
      .then(
        () => undefined,
        (refused: unknown) => refused,
      );
    const { code, message } = (error ?? {}) as { code?: string; message?: string };
    if (!REFUSALS.includes(code ?? '')) throw new Error(`${what}: ${code ?? 'it was accepted'} ${message ?? ''}`);
    return code!;
  };

  const FORGERIES: Record<string, (parts: Part[]) => Promise<Buffer>> = {
    'without a signature': (from) => madeAnew(from, unsigned),
    'without a signature, although one is announced': (from) => madeAnew(from, (manifest) => manifest),
    'signed with another key': (from) =>
      madeAnew(
        from,
        (manifest) => ({ ...manifest, signer: mallory.fingerprint }),
        (text) => mallory.key.sign(text, NAMESPACE),
      ),
    'signed with another key, as if by the trusted one': (from) =>
      madeAnew(
        from,
        (manifest) => manifest,
        (text) => mallory.key.sign(text, NAMESPACE),
      ),
    'signed with another key, in the name of the trusted one': (from) =>
      madeAnew(
        from,
        (manifest) => manifest,
        (text) => asIfOf(mallory, own).sign(text, NAMESPACE),
      ),
    'with the signature of another archive': (from) =>
      madeAnew(
        from,
        (manifest) => manifest,
        async () => String(signatureOf(others).content),
      ),
    'with its own signature, although it is another': (from) =>
      madeAnew(
        from,
        (manifest) => manifest,
        async () => String(signatureOf(parts).content),
      ),
    'signed by the trusted key for another purpose': (from) =>
      madeAnew(
        from,
        (manifest) => manifest,
        (text) => own.key.sign(text, 'git'),
      ),
    'as older versions made it': (from) =>
      madeAnew(from, (manifest) => ({
        ...unsigned(manifest),
        digests: undefined,
        entries: undefined,
        files: Object.fromEntries(
          Object.entries(manifest.files).map(([name, { count, bytes }]) => [name, { count, bytes }]),
        ),
      })),
  };

  it('is accepted, if it is put together again as it was, and is what the forgeries begin with', async () => {
    const again = await putTogether(parts);
    expect(await restores().verify(sourceOf(again))).toMatchObject({
      signature: { signer: own.fingerprint, trusted: true },
    });
    const anew = await madeAnew(
      parts,
      (manifest) => manifest,
      (text) => own.key.sign(text, NAMESPACE),
    );
    expect(await restores().verify(sourceOf(anew))).toMatchObject({ signature: { trusted: true } });
    const report = await restores().restore(sourceOf(again), { replace: true });
    expect(report.signature).toEqual({ signer: own.fingerprint, trusted: true });
  });

  it(`is refused, of ${ROUNDS} that were encrypted to the recipient, before anything is changed`, async () => {
    await host.query(`UPDATE note SET text = 'now' WHERE text = 'one'`);
    const recipients = await Recipients.parse([reader.recipient]);
    const codes = new Map<string, Set<string>>();
    await sampled(ROUNDS, async (chance) => {
      const kind = chance.of(Object.keys(FORGERIES));
      const changed = parts.map((one) => ({ ...one }));
      const file = chance.of(changed.filter(({ name, isDirectory }) => name.startsWith('files/') && !isDirectory));
      file.content = chance.bytes(chance.between(1, 100));
      const lines = part(changed, 'backup.jsonl');
      lines.content = Buffer.from(String(lines.content).replace('one', chance.bytes(4).toString('hex')));
      const plain = await FORGERIES[kind]!(changed);
      const sent = encryptStream(Readable.from([plain]), await recipients.wrap());
      const code = await refuse(await buffer(sent), chance, kind, { identity: reader.file });
      codes.set(kind, (codes.get(kind) ?? new Set()).add(code));
    });
    expect(Object.fromEntries([...codes].map(([kind, found]) => [kind, [...found]]))).toEqual(
      Object.fromEntries([...codes.keys()].map((kind) => [kind, [EXPECTED[kind]]])),
    );
    expect(await rows()).toEqual(['now', 'two', 'three']);
    expect(openBelow(host.files)).toEqual([]);
  });

  const EXPECTED: Record<string, string> = {
    'without a signature': 'SIGNATURE_MISSING',
    'without a signature, although one is announced': 'SIGNATURE_INVALID',
    'signed with another key': 'SIGNATURE_UNTRUSTED',
    'signed with another key, as if by the trusted one': 'SIGNATURE_INVALID',
    'signed with another key, in the name of the trusted one': 'SIGNATURE_INVALID',
    'with the signature of another archive': 'SIGNATURE_INVALID',
    'with its own signature, although it is another': 'SIGNATURE_INVALID',
    'signed by the trusted key for another purpose': 'SIGNATURE_INVALID',
    'as older versions made it': 'SIGNATURE_MISSING',
  };

  it('is refused when another program has packed it anew, with modes and times of its own', async () => {
    const entries = parts.map(({ name, isDirectory, content }) => ({ name: isDirectory ? `${name}/` : name, content }));
    await expect(restores().verify(sourceOf(hostileZip(entries)))).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining('names, modes or times of its files are not those that were written'),
    });
  });

  it(`is refused, of ${ROUNDS} in which something was altered, before anything is changed`, async () => {
    await host.query(`UPDATE note SET text = 'now' WHERE text = 'one'`);
    const altered = alterations(others);
    const kinds = Object.keys(altered);
    let round = 0;
    await sampled(Math.max(ROUNDS, kinds.length), async (chance) => {
      // Each of them, and then any.
      const kind = kinds[round++] ?? chance.of(kinds);
      const changed = altered[kind]!(
        parts.map((one) => ({ ...one })),
        chance,
      );
      await refuse(await putTogether(changed), chance, kind);
    });
    expect(await rows()).toEqual(['now', 'two', 'three']);
  });
});
