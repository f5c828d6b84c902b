import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { wrongUsage } from '../../errors/usage-errors.js';

/** Examples of the real thing. */
const EXAMPLE = /\.(example|sample|template|dist|defaults)$/;

/**
 * Sets the variables of a file that are not set already, as an application does that loads it in its main script, which the
 * command line does not run.
 * @param given the file; without it, `.env` in the application's folder, where it is the only one of its kind: which of
 *   several count, and which of them first, only the application knows
 * @param say told which one was taken, or that none was
 * @throws BackupError `WRONG_USAGE` when the file cannot be read
 */
export function loadEnvFile(
  given: string | undefined,
  folder: string | undefined,
  say: (message: string) => void,
): void {
  if (given !== undefined) return setVariables(given);
  const found = folder === undefined ? [] : envFiles(folder);
  if (!found.includes('.env')) return;
  if (found.length > 1) {
    say(`There are several files of variables (${found.join(', ')}), so none was loaded; name one with --env-file.`);
    return;
  }
  const path = join(folder!, '.env');
  setVariables(path);
  say(`Variables that were not set were taken from ${path}.`);
}

function envFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => (name === '.env' || name.startsWith('.env.')) && !EXAMPLE.test(name))
      .toSorted();
  } catch {
    return [];
  }
}

function setVariables(path: string): void {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw wrongUsage(`the file of variables "${path}" cannot be read (${code})`, 'Correct --env-file.');
  }
  for (const [name, value] of Object.entries(parseEnv(text))) process.env[name] ??= value;
}
