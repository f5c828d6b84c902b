import { createHash } from 'node:crypto';
import { rowTooLong } from '../errors/database-errors.js';
import { LONGEST_LINE_BYTES } from '../jsonl/format.js';
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

/**
 * Passes on the lines of a table, transformed if the application asks for that; counts and digests them. @returns what
 * was passed on
 */
export async function* exportTable(
  snapshot: Pick<TableReader, 'lines'>,
  planned: PlannedTable,
  onProgress: (rows: number, bytes: number) => void,
  transform?: TransformRow,
): AsyncGenerator<Buffer, ExportedTable> {
  const { table, model, excluded } = planned;
  const digest = createHash('sha256');
  let rows = 0;
  if (!excluded) {
    const lines = snapshot.lines(table, model);
    for await (const block of transform ? transformLines(lines, planned, transform) : lines) {
      // A longer block is a single long line with the lines around it.
      if (block.bytes.length > LONGEST_LINE_BYTES) {
        throw rowTooLong(model);
      }
      digest.update(block.bytes);
      rows += block.count;
      onProgress(block.count, block.bytes.length);
      yield block.bytes;
    }
  }
  return { rows, digest: `sha256:${digest.digest('hex')}` };
}
