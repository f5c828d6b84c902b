import { restoreFailed } from '../../../../errors/restore-errors.js';
import type { LineValue, RowBatch } from '../../../../jsonl/format.js';
import { modelName } from '../../../table-location.js';
import { abortable } from '../../abortable.js';
import { quoteIdentifier } from '../../quote.js';
import type { LoadColumn } from '../../restore-dialect.js';
import { failure } from '../errors.js';
import { cellWriter } from './cell-writer.js';
import { rowFailure } from './errors.js';
import { InsertQueue, type InsertTarget } from './insert-queue.js';
import { type CellBytes, type CellWriter, hex } from './literals.js';

/** Maximum number of characters of an INSERT; each has up to three bytes. */
const INSERT_CHARS = 128 * 1024;

/** Loads rows with INSERTs of many rows, built while the server executes the previous one. */
export async function loadRows(
  target: InsertTarget,
  columns: readonly LoadColumn[],
  batches: AsyncIterable<RowBatch>,
): Promise<void> {
  const list = columns.map(({ target: { name } }) => quoteIdentifier(name, '`')).join(',');
  const limit = Math.min(INSERT_CHARS, Math.floor(target.maxPacket / 8));
  const head = `INSERT INTO ${target.target} (${list}) VALUES `;
  const queue = new InsertQueue(target, head, limit);
  const writers = columns.map(cellWriter);
  const write = (index: number, value: LineValue, how: (writer: CellWriter, value: LineValue) => string) => {
    try {
      return value === null ? 'NULL' : how(writers[index]!, value);
    } catch (error) {
      const column = `column "${columns[index]!.target.name}"`;
      throw restoreFailed(`table "${modelName(target.table)}", ${column}: ${(error as Error).message}`);
    }
  };
  try {
    for await (const rows of abortable(batches, target.connection.lost)) {
      for (const row of rows) {
        let lenient = 0;
        let chars = 0;
        for (const [index, value] of row.entries()) {
          if (typeof value === 'string') chars += value.length;
          if (value !== null && writers[index]!.lenient(value)) lenient++;
        }
        if (chars <= limit / 8) {
          const cells = row.map((value, index) => write(index, value, (writer, one) => writer.literal(one)));
          await queue.add(`(${cells.join(',')})`, lenient);
        } else {
          await queue.flush();
          const cells = await setLargeCells(
            target,
            row,
            limit,
            (value, index) => write(index, value, (w, v) => w.literal(v)),
            writers,
          );
          await queue.add(`(${cells.join(',')})`, lenient);
          await queue.flush();
        }
      }
    }
    await queue.flush();
  } catch (error) {
    await queue.settled();
    // When the connection is lost, the rows end with the driver's own error.
    throw error === target.connection.lost.reason ? failure(`loaded table "${modelName(target.table)}"`, error) : error;
  }
}

const PIECE = 1024 * 1024;

/**
 * Stores the long values of a row in variables of the session, piece by piece, so that neither a value nor the row as a
 * whole has to fit into one packet.
 * @returns the row's expressions
 */
async function setLargeCells(
  target: InsertTarget,
  row: readonly LineValue[],
  limit: number,
  literal: (value: LineValue, index: number) => string,
  writers: readonly CellWriter[],
): Promise<string[]> {
  const long = limit / 8 / row.length;
  const cells: string[] = [];
  for (const [index, value] of row.entries()) {
    if (typeof value !== 'string' || value.length <= long) {
      cells.push(literal(value, index));
    } else {
      const variable = `@nestjs_backup_${index}`;
      const cell = writers[index]!.bytes(value);
      await setVariable(target, variable, cell);
      cells.push(cell.wrap(variable));
    }
  }
  return cells;
}

async function setVariable(
  { connection, table, maxPacket }: InsertTarget,
  variable: string,
  { bytes }: CellBytes,
): Promise<void> {
  if (bytes.length > maxPacket) {
    const sizes = `a value has ${bytes.length} bytes, the server's max_allowed_packet is ${maxPacket}`;
    throw restoreFailed(`table "${modelName(table)}": ${sizes}`);
  }
  // In hexadecimal digits, a piece is twice as long.
  const piece = Math.min(Math.max(PIECE, Math.ceil(bytes.length / 16)), Math.floor(maxPacket / 4));
  try {
    await connection.query(`SET ${variable} = X''`);
    for (let at = 0; at < bytes.length; at += piece) {
      await connection.query(`SET ${variable} = CONCAT(${variable}, ${hex(bytes.subarray(at, at + piece))})`);
    }
  } catch (error) {
    throw rowFailure(table, error);
  }
}
