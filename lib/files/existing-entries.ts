import { topEntries } from './folders.js';
import { hasCode } from './staging-errors.js';

const MAX_NAMES = 10;

/** The first top-level names in a data directory that a restore would replace; none when it is empty or missing. */
export async function occupied(top: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of topEntries(top)) {
      names.push(name.toString());
      if (names.length === MAX_NAMES) break;
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  return names;
}
