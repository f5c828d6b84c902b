import type { Amounts } from '../audit/audit-events.js';
import type { TableSize } from '../database/dialects/dialect.js';

interface Reading {
  readonly expected: TableSize;
  rows: number;
  bytes: number;
}

/**
 * What a backup will contain in the end, by the server's own estimates. They improve as data is read: bytes of a table
 * turn into lines of another length, and the rows of a table that was read are known exactly.
 */
export class ExpectedAmounts {
  private readonly read = { rows: 0, bytes: 0, expectedBytes: 0 };
  private readonly ahead: { rows: number; bytes: number };
  private readonly sizes: readonly TableSize[];
  private next = 0;
  private reading: Reading | undefined;
  private files: Pick<Amounts, 'files' | 'bytes'> | null = null;

  /** @param sizes of the tables, in the order in which they are read */
  constructor(sizes: readonly TableSize[]) {
    this.sizes = sizes;
    this.ahead = {
      rows: sizes.reduce((sum, { rows }) => sum + (rows ?? 0), 0),
      bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  /** The next table starts; after the last one, none does. */
  nextTable(): void {
    if (this.reading) {
      this.read.rows += this.reading.rows;
      this.read.bytes += this.reading.bytes;
      this.read.expectedBytes += this.reading.expected.bytes;
    }
    const expected = this.sizes[this.next++];
    this.reading = expected && { expected, rows: 0, bytes: 0 };
    this.ahead.rows -= expected?.rows ?? 0;
    this.ahead.bytes -= expected?.bytes ?? 0;
  }

  /** Some of its lines were read. */
  addLines(rows: number, bytes: number): void {
    if (!this.reading) return;
    this.reading.rows += rows;
    this.reading.bytes += bytes;
  }

  /** The files have been counted. */
  addFiles(files: Pick<Amounts, 'files' | 'bytes'>): void {
    this.files = files;
  }

  /** Null until the files are counted. */
  get total(): Amounts | null {
    if (!this.files) return null;
    const now = this.reading ? expectedOf(this.reading) : { rows: 0, bytes: 0, expectedBytes: 0 };
    const seen = { bytes: this.read.bytes + now.bytes, expected: this.read.expectedBytes + now.expectedBytes };
    const growth = seen.bytes > 0 && seen.expected > 0 ? seen.bytes / seen.expected : 1;
    return {
      rows: Math.round(this.read.rows + now.rows + this.ahead.rows),
      files: this.files.files,
      bytes: Math.round(this.read.bytes + now.bytes + this.ahead.bytes * growth + this.files.bytes),
    };
  }
}

/** For a table being read. */
function expectedOf({ expected, rows, bytes }: Reading): { rows: number; bytes: number; expectedBytes: number } {
  const all = Math.max(rows, expected.rows ?? 0);
  if (rows === 0) return { rows: all, bytes: expected.bytes, expectedBytes: expected.bytes };
  const most = expected.rows === null ? Math.max(bytes, expected.bytes) : (bytes / rows) * all;
  return { rows: all, bytes: most, expectedBytes: expected.bytes };
}
