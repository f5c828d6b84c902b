import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readSmallFile } from '../small-file.js';

/** Templates and copies, which no application loads. */
const NOT_LOADED = /\.(example|sample|template|dist|defaults|bak|backup|old|orig|save|swp)$|~$/;

/**
 * Loads the variables of a file that are not set already. Applications often do so in their main script, which the command line
 * does not run.
 * @param given the file; without it, `.env` in the application's folder, if it is the only such file: only the application
 *   knows which of several it loads, and in which order
 * @param say called with which file was loaded, or that none was
 * @throws BackupError `WRONG_USAGE` when the file cannot be read
 */
export async function loadEnvFile(
  given: string | undefined,
  folder: string | undefined,
  say: (message: string) => void,
): Promise<void> {
  if (given !== undefined) return setVariables(given);
  const found = folder === undefined ? [] : envFiles(folder);
  if (!found.includes('.env')) return;
  if (found.length > 1) {
    say(`There are several .env files (${found.join(', ')}), so none was loaded; name one with --env-file.`);
    return;
  }
  const path = join(folder!, '.env');
  await setVariables(path);
  say(`Loaded from ${path} the variables that were not set.`);
}

function envFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => (name === '.env' || name.startsWith('.env.')) && !NOT_LOADED.test(name))
      .toSorted();
  } catch {
    return [];
  }
}

async function setVariables(path: string): Promise<void> {
  const text = String(await readSmallFile(path, 'environment file', '--env-file'));
  for (const [name, value] of Object.entries(parseEnv(text))) process.env[name] ??= value;
}
