import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { CliHost } from '../fixtures/cli.js';
import { describeEngine } from '../fixtures/databases.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';

const KEY = ['--key-file', 'key'];
const IDENTITY = ['--identity', 'identity'];
/** What is wrong, and which exit code that has, whatever reads the archive. */
const CAUSES: ReadonlyArray<[cause: string, file: string, given: readonly string[], code: number]> = [
  ['a file that does not exist', 'none.zip', KEY, 4],
  ['a directory', 'folder', KEY, 4],
  ['an empty file', 'empty', KEY, 4],
  ['a file that is no archive', 'text', KEY, 4],
  ['a file that is no archive, with an identity', 'text', IDENTITY, 4],
  ['an unencrypted archive with a key', 'plain.zip', KEY, 4],
  ['an unencrypted archive with an identity', 'plain.zip', IDENTITY, 4],
  ['an archive of another key', 'aes.zip.crypt', ['--key-file', 'other-key'], 4],
  ['an archive of an AES key with an identity', 'aes.zip.crypt', IDENTITY, 4],
  ['an archive of an AES key with nothing', 'aes.zip.crypt', [], 4],
  ['an archive of an AES key that is cut', 'cut.zip.crypt', KEY, 4],
  ['an archive of a recipient with a key', 'age.zip.age', KEY, 4],
  ['an archive of a recipient with another identity', 'age.zip.age', ['--identity', 'other-identity'], 4],
  ['an archive of a recipient with nothing', 'age.zip.age', [], 4],
  ['an archive of a recipient that is cut', 'cut.zip.age', IDENTITY, 4],
  ['a key file that does not exist', 'aes.zip.crypt', ['--key-file', 'none'], 2],
  ['a key file without a key', 'aes.zip.crypt', ['--key-file', 'text'], 2],
  ['an identity file that does not exist', 'age.zip.age', ['--identity', 'none'], 2],
  ['an identity file without an identity', 'age.zip.age', ['--identity', 'text'], 2],
  ['both the key file and the prompt', 'aes.zip.crypt', [...KEY, '--key', '-'], 2],
];

describeEngine('The exit code of a command', 'better-sqlite3', (engine) => {
  let host: CliHost;
  let own: KeyPair;
  const at = (name: string) => join(host.folder, name);

  beforeAll(async () => {
    host = await CliHost.make(engine);
    own = await keyPair();
    writeFileSync(at('key'), AES_KEY);
    writeFileSync(at('other-key'), secret('2'.repeat(64)));
    writeFileSync(at('identity'), own.identity);
    writeFileSync(at('other-identity'), (await keyPair()).identity);
    const made = [['plain.zip'], ['aes.zip.crypt', '--encrypt', ...KEY], ['age.zip.age', '--recipient', own.recipient]];
    for (const [name, ...how] of made) {
      expect(await host.run(['create', '--app', host.app, '-o', name!, ...how])).toMatchObject({ code: 0 });
    }
    for (const name of ['aes.zip.crypt', 'age.zip.age']) {
      writeFileSync(at(name.replace(/^\w+/, 'cut')), readFileSync(at(name)).subarray(0, 1000));
    }
    writeFileSync(at('empty'), '');
    writeFileSync(at('text'), 'This is neither an archive nor a key.\n'.repeat(100));
    mkdirSync(at('folder'));
  }, 120_000);
  afterAll(() => host.remove());

  /** The commands that read an archive, and what else they need. */
  const commands = (): Record<string, readonly string[]> => ({
    verify: [],
    inspect: [],
    restore: ['--app', host.app, '--dry-run', '--replace'],
    decrypt: ['-o', 'decrypted.zip'],
    rewrap: ['--recipient', own.recipient],
  });

  /** Whether a command gets as far as the archive, and sees what is wrong with it. */
  const reads = (command: string, file: string, given: readonly string[]): boolean => {
    // Of an archive that is cut it reads the header, which is whole.
    if (command === 'rewrap') return given.includes('--identity') && file !== 'cut.zip.age';
    return command !== 'decrypt' || given.length > 0;
  };

  it.each(CAUSES)(
    'is the same for all of them: %s',
    async (_cause, file, given, code) => {
      const found: Record<string, unknown> = {};
      const expected: Record<string, unknown> = {};
      for (const [command, more] of Object.entries(commands())) {
        if (!reads(command, file, given)) continue;
        const answer = await host.run([command, file, ...more, ...given]);
        found[command] = answer.code;
        expected[command] = code;
      }
      expect(found).toEqual(expected);
    },
    60_000,
  );
});
