import type { PackedEntry } from '../../archive/read/read-entry.js';
import { archiveUnread } from '../../errors/archive-errors.js';
import { BackupError } from '../../errors/backup-error.js';
import { type LineBlock, LONGEST_LINE_BYTES } from '../../jsonl/format.js';
import { type LineSource, lineErrors } from '../../jsonl/line-source.js';
import { LineFaultError, LineThread, type TableLines } from '../../jsonl/thread/line-thread.js';

/** SHA-256 of nothing, which is what a table without rows has. */
const OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** The lines of an entry, which a thread decompresses and checks while those before are loaded. */
export class ThreadedLines implements LineSource {
  taken = 0;
  private readonly thread: LineThread;
  private readonly maxLineBytes: number;
  private digested = OF_NOTHING;

  /** @param rows of each table, in the order of the archive */
  constructor(
    private readonly entry: PackedEntry,
    rows: readonly number[],
    maxLineBytes: number,
  ) {
    this.maxLineBytes = Math.min(maxLineBytes, LONGEST_LINE_BYTES);
    const { method, size, chunks } = entry;
    this.thread = new LineThread(chunks, { method, size, maxLineBytes: this.maxLineBytes, rows });
  }

  /** The thread divides by the same counts, so that lines are never more than are wanted of a table. */
  async next(): Promise<LineBlock | undefined> {
    const lines = await this.read();
    if (!lines) {
      this.entry.check(this.thread.sums!);
      return undefined;
    }
    const { bytes, count, digest } = lines;
    this.taken += count;
    if (digest !== undefined) this.digested = digest;
    return { bytes, count };
  }

  digest(): string {
    const { digested } = this;
    this.digested = OF_NOTHING;
    return digested;
  }

  close(): Promise<void> {
    return this.thread.close();
  }

  private async read(): Promise<TableLines | undefined> {
    try {
      return await this.thread.next();
    } catch (error) {
      throw error instanceof BackupError ? error : this.told(error);
    }
  }

  private told(error: unknown): Error {
    if (!(error instanceof LineFaultError)) return this.entry.undecodable(error as Error);
    const { fault } = error;
    const { tooLong, notUtf8, cutOff } = lineErrors(this.maxLineBytes, () => this.taken);
    if (fault === 'long') return tooLong();
    if (fault === 'utf8') return notUtf8();
    if (fault === 'cut') return cutOff();
    if ('broken' in fault) return archiveUnread(`the thread that reads it failed (${fault.broken})`);
    return this.entry.undecodable({ message: fault.undecodable });
  }
}
