import { createHash } from 'node:crypto';
import { rowTooLong } from '../errors/database-errors.js';
import { type LineBlock, LONGEST_LINE_BYTES } from '../jsonl/format.js';
import type { TransformRow } from '../options/transform-row.js';
import type { TableReader } from './dialects/table-reader.js';
import type { PlannedTable } from './table-plan.js';
import { transformLines } from './transform-lines.js';

/** What was written for a table. */
export interface ExportedTable {
  readonly rows: number;
  /** `sha256:` and the hexadecimal SHA-256 of the table's lines as written, line feeds included. */
  readonly digest: string;
}

/** The lines of a table for an archive, transformed if the application asks for that. */
export function exportedLines(
  snapshot: Pick<TableReader, 'lines'>,
  planned: PlannedTable,
  transform?: TransformRow,
): AsyncIterable<LineBlock> | readonly LineBlock[] {
  if (planned.excluded) return [];
  const lines = snapshot.lines(planned.table, planned.model);
  return transform ? transformLines(lines, planned, transform) : lines;
}

/** Counts and digests the lines of a table as they pass. */
export class LineSums {
  private readonly hash = createHash('sha256');
  private rows = 0;

  constructor(private readonly model: string) {}

  /** @throws BackupError `DATABASE_FAILED` for a row that is too long for any restore */
  add({ bytes, count }: LineBlock): void {
    // A longer block is a single long line with the lines around it.
    if (bytes.length > LONGEST_LINE_BYTES) throw rowTooLong(this.model);
    this.hash.update(bytes);
    this.rows += count;
  }

  /** May be called only once. */
  total(): ExportedTable {
    return { rows: this.rows, digest: `sha256:${this.hash.digest('hex')}` };
  }
}
