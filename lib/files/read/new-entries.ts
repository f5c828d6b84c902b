import { lstat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { ArchiveWriter } from '../../archive/archive-writer.js';
import { NameIndex } from '../../archive/read/name-index.js';
import type { FoundEntry, Sieve } from './walk-directory.js';

const NAMES_AT_A_TIME = 5000;
const SLASH = 0x2f;

/** What a second walk finds that is not in the archive. */
export class NewEntries implements Sieve {
  /** Folders with something new, all of which was created after the backup started. */
  readonly explained = new Set<string>();
  private readonly movedInto = new Set<string>();

  private constructor(
    private readonly began: number,
    private readonly name: string,
    private readonly saved: SavedNames,
  ) {}

  static async since(began: number, writer: ArchiveWriter, name: string, folders: readonly string[]) {
    const names = new Set(folders.map((relative) => fullName(name, relative)));
    return new NewEntries(began, name, await SavedNames.of(() => writer.entryNames(), names));
  }

  hasDirectory(relative: string): boolean {
    return this.saved.kindOf(fullName(this.name, relative)) === 'directory';
  }

  async sift(found: FoundEntry, folder: string): Promise<FoundEntry | undefined> {
    if (found.kind !== 'file' && found.kind !== 'directory') return found;
    const saved = this.saved.kindOf(fullName(this.name, found.relative));
    if (saved === found.kind) return undefined;
    const isNew = await this.wasMadeSince(found, folder);
    if (saved === undefined) return found;
    // An archive holds one of the two, and what was created later need not be in it.
    if (isNew) return undefined;
    return { ...found, kind: 'unreadable', reason: `it was a ${saved} when it was saved, and is now a ${found.kind}` };
  }

  private async wasMadeSince({ path }: FoundEntry, folder: string): Promise<boolean> {
    const made = await lstat(path).then(
      ({ birthtimeMs }) => birthtimeMs,
      () => 0,
    );
    const isNew = made >= this.began;
    if (!isNew) this.movedInto.add(folder);
    if (this.movedInto.has(folder)) this.explained.delete(folder);
    else this.explained.add(folder);
    return isNew;
  }
}

export function fullName(name: string, relative: string): string {
  return relative === '' ? name : `${name}/${relative}`;
}

/** What an archive already holds directly in certain directories. */
class SavedNames {
  private constructor(
    private readonly index: NameIndex,
    private readonly isDirectory: Uint8Array,
  ) {}

  /**
   * @param names of all entries, those of directories with a trailing slash; iterated twice
   * @param folders names of the directories, without the slash
   */
  static async of(names: () => Iterable<Buffer>, folders: ReadonlySet<string>): Promise<SavedNames> {
    let [count, bytes] = [0, 0];
    for await (const name of within(names(), folders)) {
      count++;
      bytes += name.length;
    }
    const all = Buffer.allocUnsafe(bytes);
    const ends = new Uint32Array(count);
    const isDirectory = new Uint8Array(count);
    const index = new NameIndex(count, all, ends);
    let [at, end] = [0, 0];
    for await (const name of within(names(), folders)) {
      isDirectory[at] = name.at(-1) === SLASH ? 1 : 0;
      end += withoutSlash(name).copy(all, end);
      ends[at] = end;
      index.add(at++);
    }
    return new SavedNames(index, isDirectory);
  }

  /** What is saved under a name (without a trailing slash); undefined when nothing is. */
  kindOf(name: string): 'file' | 'directory' | undefined {
    const entry = this.index.find(Buffer.from(name));
    if (entry < 0) return undefined;
    return this.isDirectory[entry] ? 'directory' : 'file';
  }
}

/** Those directly in the folders, and the folders themselves. */
async function* within(names: Iterable<Buffer>, folders: ReadonlySet<string>): AsyncGenerator<Buffer> {
  let seen = 0;
  for (const name of names) {
    if (++seen % NAMES_AT_A_TIME === 0) await setImmediate();
    const plain = withoutSlash(name);
    const end = Math.max(0, plain.lastIndexOf(SLASH));
    if (folders.has(plain.toString('utf8', 0, end)) || folders.has(plain.toString('utf8'))) yield name;
  }
}

function withoutSlash(name: Buffer): Buffer {
  return name.at(-1) === SLASH ? name.subarray(0, -1) : name;
}
