import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { wrongUsage } from '../../errors/usage-errors.js';
import { parseAesKey } from '../../crypto/aes-key.js';
import { storedReference } from './archive-argument.js';
import { beginsEncrypted, refuseMissing } from './archive-file.js';

/** Environment variable of the AES key. */
export const KEY_VARIABLE = 'BACKUP_AES_KEY';

/** What the flags say about the key; its value is never an argument, which other users of the machine could read. */
export interface KeyOptions {
  /** `-`: dispatch on the terminal. */
  readonly key?: string;
  readonly keyFile?: string;
}

/**
 * The key for an archive that is there. One that is merely at hand, in `BACKUP_AES_KEY`, is for encrypted archives: it does
 * not say that this is one.
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
 * The key from `--key -`, `--key-file` or `BACKUP_AES_KEY`, in this order; none without any of them.
 * @throws BackupError `INVALID_AES_KEY`, `WRONG_USAGE`
 */
export async function findAesKey({ key, keyFile }: KeyOptions): Promise<Buffer | undefined> {
  if (key !== undefined && key !== '-') {
    throw wrongUsage(
      'an argument can be read by every user of this machine, so --key takes "-" alone, which asks for the key',
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

/** Asks without showing what is typed. */
async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) throw wrongUsage('--key - needs a terminal to ask on', 'Use --key-file PATH.');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // From here on the terminal shows nothing of what is typed.
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
