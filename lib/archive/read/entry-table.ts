import { NameIndex } from './name-index.js';

/** An entry of an archive that is being read. */
export interface ArchiveEntry {
  /** Its number in the ZIP's central directory. */
  readonly index: number;
  /** Without a directory's trailing slash. */
  readonly name: string;
  readonly isDirectory: boolean;
  /** Uncompressed, in bytes. */
  readonly size: number;
  readonly compressedSize: number;
  /** UNIX permission bits; undefined when the archive has none. */
  readonly mode: number | undefined;
  readonly modified: Date;
  /** The same in milliseconds, with a fraction. */
  readonly mtimeMs: number;
  /** Whether it has the field with a fraction of a second that every entry written by this library has. */
  readonly hasExactTime: boolean;
  /** CRC-32 of the content. */
  readonly crc: number;
}

/** What else the central directory says about an entry, to be compared with its local header and its bytes. */
export interface EntryRecord extends Omit<ArchiveEntry, 'index' | 'name' | 'modified'> {
  readonly method: number;
  readonly flags: number;
  /** Where its local header starts. */
  readonly offset: number;
}

const NO_MODE = 0xffff;
const DIRECTORY = 0x10000;
const EXACT_TIME = 0x20000;

/** All entries of an archive, stored in columns: about 66 bytes each plus the name, instead of an object of 400. */
export class EntryTable {
  private count = 0;
  private readonly names: Buffer;
  private readonly nameEnds: Uint32Array;
  private readonly offsets: Float64Array;
  private readonly sizes: Float64Array;
  private readonly compressedSizes: Float64Array;
  private readonly crcs: Uint32Array;
  private readonly times: Float64Array;
  /** Method and flags. */
  private readonly kinds: Uint32Array;
  /** Mode, whether it is a directory, and whether its time is exact. */
  private readonly modes: Uint32Array;
  private readonly index: NameIndex;

  /** @param nameBytes room for all names together */
  constructor(capacity: number, nameBytes: number) {
    // Not zeroed, so that only the used part occupies memory.
    this.names = Buffer.allocUnsafeSlow(nameBytes);
    this.nameEnds = new Uint32Array(capacity);
    this.offsets = new Float64Array(capacity);
    this.sizes = new Float64Array(capacity);
    this.compressedSizes = new Float64Array(capacity);
    this.crcs = new Uint32Array(capacity);
    this.times = new Float64Array(capacity);
    this.kinds = new Uint32Array(capacity);
    this.modes = new Uint32Array(capacity);
    this.index = new NameIndex(capacity, this.names, this.nameEnds);
  }

  get length(): number {
    return this.count;
  }

  /** @param name without a directory's trailing slash. @returns false when the name already exists */
  add(name: Buffer, record: EntryRecord): boolean {
    const index = this.count++;
    const start = this.index.startOf(index);
    name.copy(this.names, start);
    this.nameEnds[index] = start + name.length;
    this.offsets[index] = record.offset;
    this.sizes[index] = record.size;
    this.compressedSizes[index] = record.compressedSize;
    this.crcs[index] = record.crc;
    this.times[index] = record.mtimeMs;
    this.kinds[index] = record.method * 0x10000 + record.flags;
    this.modes[index] =
      (record.mode ?? NO_MODE) | (record.isDirectory ? DIRECTORY : 0) | (record.hasExactTime ? EXACT_TIME : 0);
    return this.index.add(index) < 0;
  }

  nameBytes(index: number): Buffer {
    return this.names.subarray(this.index.startOf(index), this.nameEnds[index]);
  }

  entry(index: number): ArchiveEntry & EntryRecord {
    const mode = this.modes[index]! & 0xffff;
    return {
      index,
      name: this.nameBytes(index).toString('utf8'),
      isDirectory: (this.modes[index]! & DIRECTORY) !== 0,
      size: this.sizes[index]!,
      compressedSize: this.compressedSizes[index]!,
      mode: mode === NO_MODE ? undefined : mode,
      modified: new Date(this.times[index]!),
      mtimeMs: this.times[index]!,
      hasExactTime: (this.modes[index]! & EXACT_TIME) !== 0,
      crc: this.crcs[index]!,
      method: this.kinds[index]! >>> 16,
      flags: this.kinds[index]! & 0xffff,
      offset: this.offsets[index]!,
    };
  }

  find(name: string): (ArchiveEntry & EntryRecord) | undefined {
    const index = this.index.find(Buffer.from(name));
    return index < 0 ? undefined : this.entry(index);
  }

  /** The file that an entry's name uses as a directory, if any. */
  fileAbove(index: number): string | undefined {
    const name = this.nameBytes(index);
    for (let slash = name.indexOf(0x2f); slash >= 0; slash = name.indexOf(0x2f, slash + 1)) {
      const above = this.index.find(name, 0, slash);
      if (above >= 0 && this.modes[above]! < DIRECTORY) return name.toString('utf8', 0, slash);
    }
    return undefined;
  }
}
