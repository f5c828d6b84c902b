import { unsafeName } from '../../archive/entry-names.js';
import type { StoreDirectory } from '../data-directory.js';
import type { Found } from '../read/add-data-directory.js';
import { listFiles } from './list-files.js';

/** A file of a store, or the folder that a marker represents. */
export interface FoundObject extends Found {
  readonly bytes: number;
  readonly modified: Date;
}

/**
 * Everything in a store, in its order. What no archive could hold is given with the reason: a store's keys are
 * arbitrary text, and one key may be both a file and the folder of others.
 * @throws BackupError `DIRECTORY_UNREADABLE`
 */
export async function* walkStore(directory: StoreDirectory): AsyncGenerator<FoundObject> {
  /** Files whose whole names are a prefix of the next one; in this order no others can be above it. */
  const above: string[] = [];
  let empty = true;
  for await (const { path, bytes, modified } of listFiles(directory)) {
    empty = false;
    const isFolder = path.endsWith('/') && bytes === 0;
    const relative = isFolder ? path.slice(0, -1) : path;
    while (above.length > 0 && !path.startsWith(above.at(-1)!)) above.pop();
    const file = above.find((one) => path[one.length] === '/');
    const reason = unfitReason(directory.name, relative, file);
    const found = { relative, bytes, modified };
    if (reason !== undefined) {
      yield { ...found, kind: 'unnameable', reason };
    } else if (isFolder) {
      yield { ...found, kind: 'directory' };
    } else {
      above.push(path);
      yield { ...found, kind: 'file' };
    }
  }
  if (empty) yield { kind: 'directory', relative: '', bytes: 0, modified: new Date() };
}

function unfitReason(name: string, relative: string, file: string | undefined): string | undefined {
  const unsafe = unsafeName(`${name}/${relative}`);
  if (unsafe !== undefined) return `its name ${unsafe}, which an archive cannot hold`;
  if (file === undefined) return undefined;
  return `"${file}" is a file, and an archive cannot also hold it as a folder`;
}
