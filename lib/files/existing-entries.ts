import { type DataDirectory, isStore } from './data-directory.js';
import { topEntries } from './local/folders.js';
import { hasCode } from './staging-errors.js';
import { listFiles } from './store/list-files.js';

const MAX_NAMES = 10;

/** The first names in a data directory that a restore would replace; none when it is empty or missing. */
export async function existingEntries(directory: DataDirectory): Promise<string[]> {
  const names: string[] = [];
  for await (const name of isStore(directory) ? paths(listFiles(directory)) : topNames(directory.path)) {
    names.push(name);
    if (names.length === MAX_NAMES) break;
  }
  return names;
}

async function* paths(files: AsyncIterable<{ readonly path: string }>): AsyncGenerator<string> {
  for await (const { path } of files) yield path;
}

async function* topNames(top: string): AsyncGenerator<string> {
  try {
    for await (const { name } of topEntries(top)) yield name.toString();
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}
