import type { BackupManifest } from 'nestjs-backup';
import { type Part, part } from '../../fixtures/signing.js';
import type { Chance } from '../../fixtures/streams.js';

const signatureOf = (from: readonly Part[]) => part(from, 'manifest.json.sig');
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

/**
 * What can be altered in a signed archive that was taken apart.
 * @param others parts of another archive of the same signer
 * @returns by what is altered: changes the parts, or returns others
 */
export const alterations = (others: readonly Part[]): Record<string, (from: Part[], chance: Chance) => Part[]> => ({
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
    part(from, 'migrations.json').content = Buffer.from('{"applied":[],"known":[{"id":1,"timestamp":1,"name":"A1"}]}');
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
});
