import { restoreFailed } from '../../../../../errors/restore-errors.js';
import type { LineValue } from '../../../../../jsonl/format.js';
import { modelName } from '../../../../table-location.js';
import { rowFailure } from '../errors.js';
import type { InsertTarget } from './insert-queue.js';
import { type CellBytes, hex } from './literals.js';
import type { RowWriter } from './row-writer.js';

const PIECE = 1024 * 1024;

/**
 * Stores the long values of a row in variables of the session, piece by piece, so that neither a value nor the row as a
 * whole has to fit into one packet.
 * @returns the row's expressions
 */
export async function setLargeCells(
  target: InsertTarget,
  writer: RowWriter,
  row: readonly LineValue[],
  limit: number,
): Promise<string[]> {
  const long = limit / 8 / row.length;
  const cells: string[] = [];
  for (const [index, value] of row.entries()) {
    if (typeof value !== 'string' || value.length <= long) {
      cells.push(writer.literal(value, index));
    } else {
      const variable = `@nestjs_backup_${index}`;
      const cell = writer.bytes(value, index);
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
