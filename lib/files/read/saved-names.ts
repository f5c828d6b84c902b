import { setImmediate } from 'node:timers/promises';
import { NameIndex } from '../../archive/read/name-index.js';

const NAMES_AT_A_TIME = 5000;
const SLASH = 0x2f;

/** What an archive already holds directly in certain directories. */
export class SavedNames {
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
