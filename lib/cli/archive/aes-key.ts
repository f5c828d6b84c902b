import { parseAesKey } from '../../crypto/aes-key.js';
import { wrongUsage } from '../../errors/usage-errors.js';
import { readSmallFile } from '../small-file.js';
import { ask } from './ask.js';
import type { KeyOptions } from './opening-options.js';

/** Environment variable of the AES key. */
export const KEY_VARIABLE = 'BACKUP_AES_KEY';

const UNANSWERED = {
  noTerminal: '--key - needs a terminal to prompt on',
  nothingTyped: 'no AES key was typed',
  remedy: 'Use --key-file PATH.',
};

/**
 * The key from `--key -` or `--key-file`, else from `BACKUP_AES_KEY`; undefined without any of them.
 * @throws BackupError `INVALID_AES_KEY`, `WRONG_USAGE`
 */
export async function findAesKey({ key, keyFile }: KeyOptions): Promise<Buffer | undefined> {
  if (key !== undefined && key !== '-') {
    throw wrongUsage(
      'every user of this machine can read arguments, so --key accepts only "-", which prompts for the key',
      `Use --key -, --key-file PATH or ${KEY_VARIABLE}.`,
    );
  }
  if (key !== undefined && keyFile !== undefined) {
    throw wrongUsage('--key and --key-file contradict each other', 'Use one of them.');
  }
  if (key === '-') return parseAesKey((await ask('AES key: ', UNANSWERED)).trim());
  if (keyFile !== undefined) return parseAesKey(String(await readSmallFile(keyFile, 'key file', '--key-file')).trim());
  const { [KEY_VARIABLE]: fromEnvironment } = process.env;
  return fromEnvironment ? parseAesKey(fromEnvironment.trim()) : undefined;
}
