import type { Amounts } from '../audit/audit-events.js';
import type { RunProgress } from '../audit/run-progress.js';
import type { OpenedArchive } from './read/open-archive.js';

/** The progress of a restore. */
export interface RestoreProgress extends RunProgress {
  /** Bytes of file contents so far. */
  readonly bytes: number;
}

/** Counts what a restore has done out of the totals in the manifest. */
export class RestoreCounter {
  private readonly sums = { rows: 0, files: 0, bytes: 0 };
  private readonly total: Amounts;
  private readonly lineBytes: number;
  /** Lines read, each counted as often as it is read. */
  private readonly lines = { done: 0, total: 0 };
  /** Bytes of the file being written. */
  private part = 0;

  /**
   * @param directories names of the data directories being restored
   * @param readings how often the rows are read, as far as is known
   * @param tell must not throw, unless the restore is to end
   */
  constructor(
    { manifest, lineBytes }: OpenedArchive,
    directories: readonly string[],
    readings: number,
    private readonly tell: (progress: RestoreProgress) => void,
  ) {
    const files = directories.map((name) => manifest.files[name] ?? { count: 0, bytes: 0 });
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    this.total = {
      rows: readings > 0 ? rows : 0,
      files: files.reduce((sum, { count }) => sum + count, 0),
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    };
    this.lineBytes = lineBytes;
    this.lines.total = readings * lineBytes;
  }

  /** The rows are read one more time than was known. */
  readAgain(): void {
    this.lines.total += this.lineBytes;
  }

  loaded(name: string, rows: number, bytes: number): void {
    this.sums.rows += rows;
    this.read('database', name, bytes);
  }

  /** Rows were read but not loaded. */
  read(phase: 'plan' | 'database' | 'comparison', name: string, bytes: number): void {
    this.lines.done += bytes;
    this.say(phase, name);
  }

  wrotePart(name: string, bytes: number): void {
    this.part += bytes;
    this.say('files', name);
  }

  wrote(name: string, bytes: number): void {
    this.part = 0;
    this.sums.files++;
    this.sums.bytes += bytes;
    this.say('files', name);
  }

  private say(phase: RestoreProgress['phase'], name: string): void {
    const { total, lines } = this;
    const done = lines.done + this.sums.bytes + this.part;
    this.tell({ phase, name, ...this.sums, total, work: { done, total: lines.total + total.bytes } });
  }
}
