import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { parseAesKey } from '../../crypto/aes-key.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { storedReference } from './archive-argument.js';
import { beginsEncrypted, refuseMissing } from './archive-file.js';

/** Environment variable of the AES key. */
export const KEY_VARIABLE = 'BACKUP_AES_KEY';

/** The flags for the key. Its value is never an argument, because other users of the machine could read that. */
export interface KeyOptions {
  /** `-`: prompt on the terminal. */
  readonly key?: string;
  readonly keyFile?: string;
}

/**
 * The key for an existing archive. A key that is merely available, in `BACKUP_AES_KEY`, applies to encrypted archives: it does
 * not imply that this is one.
 * @throws BackupError as `findAesKey`; `ARCHIVE_INVALID` when there is no such archive
 */
export async function findKeyFor(argument: string, options: KeyOptions): Promise<Buffer | undefined> {
  await refuseMissing(argument);
  const key = await findAesKey(options);
  const isGiven = options.key !== undefined || options.keyFile !== undefined;
  if (isGiven || !key || storedReference(argument) || (await beginsEncrypted(argument))) return key;
  key.fill(0);
  return undefined;
}

/**
 * The key from `--key -`, `--key-file` or `BACKUP_AES_KEY`, in this order; undefined without any of them.
 * @throws BackupError `INVALID_AES_KEY`, `WRONG_USAGE`
 */
export async function findAesKey({ key, keyFile }: KeyOptions): Promise<Buffer | undefined> {
  if (key !== undefined && key !== '-') {
    throw wrongUsage(
      'every user of this machine can read arguments, so --key accepts only "-", which prompts for the key',
      `Use --key -, --key-file PATH or ${KEY_VARIABLE}.`,
    );
  }
  if (key === '-') return parseAesKey(await ask('AES key: '));
  if (keyFile !== undefined) return parseAesKey((await readKeyFile(keyFile)).trim());
  const { [KEY_VARIABLE]: fromEnvironment } = process.env;
  return fromEnvironment ? parseAesKey(fromEnvironment.trim()) : undefined;
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw wrongUsage(`the key file "${path}" cannot be read (${code})`, 'Correct --key-file.');
  }
}

/** Prompts without echoing what is typed. */
async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw wrongUsage('--key - needs a terminal to prompt on', 'Use --key-file PATH.');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // From here on the terminal echoes nothing.
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  const left = new AbortController();
  prompt.once('SIGINT', () => prompt.close());
  prompt.once('close', () => left.abort());
  process.stderr.write(question);
  try {
    return (await prompt.question('', { signal: left.signal })).trim();
  } catch (error) {
    throw left.signal.aborted ? wrongUsage('no AES key was typed', 'Type it, or use --key-file PATH.') : error;
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}
