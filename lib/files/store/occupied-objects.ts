import type { StoreDirectory } from '../data-directory.js';
import { listFiles } from './list-files.js';

const MAX_NAMES = 10;

/** The first names in a store that a restore would replace; none when it is empty. */
export async function occupiedObjects(directory: StoreDirectory): Promise<string[]> {
  const names: string[] = [];
  for await (const { path } of listFiles(directory)) {
    names.push(path);
    if (names.length === MAX_NAMES) break;
  }
  return names;
}
