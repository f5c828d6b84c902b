import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { MAIN } from '../fixtures/cli.js';

const APP = ['--app', 'none.js'];
const RESTORE = ['restore', 'none.zip', ...APP];
const CREATE = ['create', ...APP];

/** What would do nothing, or says two things at once. */
const COMBINATIONS: ReadonlyArray<[says: string, args: readonly string[]]> = [
  ['--skip-files and --skip-database', [...RESTORE, '--skip-files', '--skip-database']],
  ['--read-back and --skip-database', [...RESTORE, '--read-back', '--skip-database']],
  ['--translate and --skip-database', [...RESTORE, '--translate', '--skip-database']],
  ['--ignore-migrations and --skip-database', [...RESTORE, '--ignore-migrations', '--skip-database']],
  ['--redacted and --skip-database', [...RESTORE, '--redacted', '--replace', '--skip-database']],
  ['--redacted was given without --replace', [...RESTORE, '--redacted']],
  ['--plaintext and --encrypt contradict each other', [...CREATE, '--plaintext', '--encrypt']],
  ['--plaintext and --key-file contradict each other', [...CREATE, '--plaintext', '--key-file', 'none']],
  ['--recipient and --plaintext contradict each other', [...CREATE, '--recipient', 'age1x', '--plaintext']],
  ['--key and --key-file contradict each other', ['verify', MAIN, '--key', '-', '--key-file', 'none']],
];

/** The last one would win. */
const REPEATED: ReadonlyArray<[option: string, args: readonly string[]]> = [
  ['--app', ['list']],
  ['--key-file', ['verify', 'none.zip']],
  ['--identity', ['decrypt', 'none.zip']],
  ['--signer', ['inspect', 'none.zip']],
  ['--scratch', ['test', '--from', 'vault']],
];

function run(args: readonly string[]) {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd: tmpdir(), encoding: 'utf8' });
  return { status, stderr };
}

describe('The command line', () => {
  it.each(COMBINATIONS)('refuses before anything else: %s', (says, args) => {
    expect(run(args)).toEqual({ status: 2, stderr: expect.stringContaining(says) });
  });

  it.each(REPEATED)('takes one value of %s', (option, args) => {
    const answer = run([...args, option, 'one', option, 'other']);
    expect(answer).toEqual({ status: 2, stderr: expect.stringContaining('only once') });
  });
});
