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

export type LocatedEntry = ArchiveEntry & EntryRecord;

const NO_MODE = 0xffff;
const DIRECTORY = 0x10000;
const EXACT_TIME = 0x20000;

/** All entries of an archive, stored in columns: about 66 bytes each plus the name, instead of an object of 400. */
export class EntryTable {
  private count = 0;
  private readonly names: Buffer;
  private readonly nameEnds: Uint32Array;
  readonly offsets: Float64Array;
  readonly sizes: Float64Array;
  readonly compressedSizes: Float64Array;
  readonly crcs: Uint32Array;
  readonly times: Float64Array;
  /** Method and flags. */
  readonly kinds: Uint32Array;
  /** Mode, whether it is a directory, and whether its time is exact. */
  readonly modes: Uint32Array;
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

  entry(index: number): LocatedEntry {
    return new TableEntry(this, index, this.nameBytes(index).toString('utf8'));
  }

  find(name: string): LocatedEntry | undefined {
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

/**
 * Says what the columns say, when it is asked: there are several of each entry, and most are asked for little. A copy by
 * `{ ...entry }` has nothing of that.
 */
class TableEntry implements LocatedEntry {
  constructor(
    private readonly table: EntryTable,
    readonly index: number,
    readonly name: string,
  ) {}

  get isDirectory(): boolean {
    return (this.table.modes[this.index]! & DIRECTORY) !== 0;
  }

  get size(): number {
    return this.table.sizes[this.index]!;
  }

  get compressedSize(): number {
    return this.table.compressedSizes[this.index]!;
  }

  get mode(): number | undefined {
    const mode = this.table.modes[this.index]! & 0xffff;
    return mode === NO_MODE ? undefined : mode;
  }

  get modified(): Date {
    return new Date(this.mtimeMs);
  }

  get mtimeMs(): number {
    return this.table.times[this.index]!;
  }

  get hasExactTime(): boolean {
    return (this.table.modes[this.index]! & EXACT_TIME) !== 0;
  }

  get crc(): number {
    return this.table.crcs[this.index]!;
  }

  get method(): number {
    return this.table.kinds[this.index]! >>> 16;
  }

  get flags(): number {
    return this.table.kinds[this.index]! & 0xffff;
  }

  get offset(): number {
    return this.table.offsets[this.index]!;
  }
}
