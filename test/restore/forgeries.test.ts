import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { type BackupManifest, BackupService, RestoreService } from 'nestjs-backup';
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

  const isFile = ({ name, isDirectory }: Part) => name.startsWith('files/') && !isDirectory;
  const manifestOf = (from: readonly Part[]) => part(from, 'manifest.json');
  const parsed = (from: readonly Part[]) => JSON.parse(String(manifestOf(from).content)) as BackupManifest;
  const withManifest = (from: Part[], text: string) => {
    manifestOf(from).content = Buffer.from(text);
    return from;
  };
  const swap = (from: Part[], one: Part, other: Part) => {
    const [at, to] = [from.indexOf(one), from.indexOf(other)];
    [from[at], from[to]] = [other, one];
    return from;
  };
  const two = (from: readonly Part[], chance: Chance): [Part, Part] => {
    const files = from.filter(isFile);
    const at = chance.between(1, files.length - 1);
    return [files[at - 1]!, files[at]!];
  };
  const flip = (bytes: Buffer, chance: Chance) => {
    const copy = Buffer.from(bytes);
    copy[chance.between(0, copy.length - 1)]! ^= 2 ** chance.between(0, 7);
    return copy;
  };
  const without = (from: Part[], ...names: string[]) => from.filter(({ name }) => !names.includes(name));

  const ALTERATIONS: Record<string, (from: Part[], chance: Chance) => Part[]> = {
    'a bit of the manifest': (from, chance) => {
      manifestOf(from).content = flip(manifestOf(from).content, chance);
      return from;
    },
    'a value of the manifest': (from, chance) => {
      const change = chance.of<object>([
        { id: others.length },
        { createdAt: '2020-01-01T00:00:00.000Z' },
        { appVersion: 'x' },
        { sequences: [] },
        { warnings: ['x'] },
        { redacted: false },
        { unknown: 1 },
      ]);
      return withManifest(from, JSON.stringify({ ...parsed(from), ...change }));
    },
    'the order of its keys': (from, chance) => {
      const keys = Object.entries(parsed(from));
      const at = chance.between(1, keys.length - 1);
      [keys[at - 1], keys[at]] = [keys[at]!, keys[at - 1]!];
      return withManifest(from, `${JSON.stringify(Object.fromEntries(keys), null, 2)}\n`);
    },
    'its spaces': (from) => withManifest(from, JSON.stringify(parsed(from))),
    'a key that stands twice in it': (from) =>
      withManifest(from, String(manifestOf(from).content).replace('{', '{"complete":true,')),
    'the order of two files': (from, chance) => swap(from, ...two(from, chance)),
    'the content of two files': (from, chance) => {
      const [one, other] = two(from, chance);
      [one.content, other.content] = [other.content, one.content];
      return from;
    },
    'a bit of a file': (from, chance) => {
      const file = chance.of(from.filter(isFile));
      file.content = flip(file.content, chance);
      return from;
    },
    'the mode of a file': (from, chance) => {
      chance.of(from.filter(({ name }) => name.startsWith('files/'))).mode! ^= 0o100;
      return from;
    },
    'the time of a file': (from, chance) => {
      chance.of(from.filter(({ name }) => name.startsWith('files/'))).mtimeMs -= 1_000;
      return from;
    },
    'the name of a file': (from, chance) => {
      chance.of(from.filter(isFile)).name += 'x';
      return from;
    },
    'a file less': (from, chance) => without(from, chance.of(from.filter(isFile)).name),
    'a file more': (from, chance) => {
      const file = chance.of(from.filter(isFile));
      from.splice(from.indexOf(file), 0, { ...file, name: 'files/x' });
      return from;
    },
    'a directory less': (from) => without(from, 'files/b/empty'),
    'a directory more': (from) => {
      const directory = part(from, 'files/b/empty');
      from.splice(from.indexOf(directory), 0, { ...directory, name: 'files/x' });
      return from;
    },
    'a row': (from, chance) => {
      const lines = part(from, 'backup.jsonl');
      lines.content = Buffer.from(String(lines.content).replace('two', chance.bytes(4).toString('hex')));
      return from;
    },
    'the version': (from) => {
      part(from, 'VERSION').content = Buffer.from('0.0.0');
      return from;
    },
    'the migrations': (from) => {
      part(from, 'migrations.json').content = Buffer.from(
        '{"applied":[],"known":[{"id":1,"timestamp":1,"name":"A1"}]}',
      );
      return from;
    },
    'the signature': (from, chance) => {
      signatureOf(from).content = flip(signatureOf(from).content, chance);
      return from;
    },
    'the signature, which is gone': (from) => without(from, 'manifest.json.sig'),
    'the signature, which is that of another archive': (from) => {
      signatureOf(from).content = signatureOf(others).content;
      return from;
    },
    'the place of the signature': (from) => swap(from, manifestOf(from), signatureOf(from)),
    'its manifest, which is that of another archive with its signature': (from) => {
      part(from, 'VERSION').content = Buffer.from('0.0.0');
      manifestOf(from).content = manifestOf(others).content;
      signatureOf(from).content = signatureOf(others).content;
      return from;
    },
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
    const kinds = Object.keys(ALTERATIONS);
    let round = 0;
    await sampled(Math.max(ROUNDS, kinds.length), async (chance) => {
      // Each of them, and then any.
      const kind = kinds[round++] ?? chance.of(kinds);
      const changed = ALTERATIONS[kind]!(
        parts.map((one) => ({ ...one })),
        chance,
      );
      await refuse(await putTogether(changed), chance, kind);
    });
    expect(await rows()).toEqual(['now', 'two', 'three']);
  });
});
