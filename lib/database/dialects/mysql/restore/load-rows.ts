import type { LineValue, RowBatch } from '../../../../jsonl/format.js';
import { parsed } from '../../../../jsonl/reader.js';
import { modelName } from '../../../table-location.js';
import { abortable } from '../../abortable.js';
import { quoteIdentifier } from '../../quote.js';
import type { LinesToLoad, LoadColumn } from '../../restore-dialect.js';
import { failure } from '../errors.js';
import { LineBinder, type Outcome } from './bind-lines.js';
import { ByteQueue } from './insert/byte-queue.js';
import { InsertQueue, type InsertTarget } from './insert/insert-queue.js';
import { setLargeCells } from './insert/large-cells.js';
import { RowWriter } from './insert/row-writer.js';

/** Maximum number of characters or bytes of an INSERT; a character has up to three bytes. */
const INSERT_CHARS = 128 * 1024;
/** As much as a value that is no string takes. */
const NUMBER_CHARS = 8;

/** Loads rows with INSERTs of many rows, built while the server executes the previous one. */
export function loadRows(
  target: InsertTarget,
  columns: readonly LoadColumn[],
  batches: AsyncIterable<RowBatch>,
): Promise<void> {
  return insertBy(target, columns, (loading) => addRows(loading, batches));
}

/** The same from lines, which are parsed only where values cannot be sent as they are, or are not written as expected. */
export function loadLines(target: InsertTarget, columns: readonly LoadColumn[], lines: LinesToLoad): Promise<void> {
  return insertBy(target, columns, async (loading) => {
    const { queue, writer, limit } = loading;
    const { kinds } = writer;
    const { blocks } = lines;
    if (!kinds || !(await queue.statements.takesBytes(kinds))) return addRows(loading, parsed(blocks));
    const mostBytes = Math.floor(limit / 8);
    const bytes = new ByteQueue(queue, writer, kinds, limit, mostBytes);
    const binder = new LineBinder(lines, columns, mostBytes);
    for await (const block of abortable(blocks, target.connection.lost)) {
      let rows: RowBatch | undefined;
      let unread = false;
      binder.begin(block);
      for (let index = 0; index < block.count; index++) {
        const outcome: Outcome = unread ? 'unread' : binder.next(bytes.rows);
        if (outcome === 'added') {
          if (bytes.full) await bytes.send();
        } else {
          unread = outcome === 'unread';
          rows ??= block.rows();
          await addRow(loading, rows[index]!);
        }
      }
    }
    await bytes.flush();
  });
}

interface Loading {
  readonly target: InsertTarget;
  readonly writer: RowWriter;
  readonly queue: InsertQueue;
  /** Maximum number of characters or bytes of an INSERT. */
  readonly limit: number;
}

async function insertBy(
  target: InsertTarget,
  columns: readonly LoadColumn[],
  load: (loading: Loading) => Promise<void>,
): Promise<void> {
  const list = columns.map(({ target: { name } }) => quoteIdentifier(name, '`')).join(',');
  const limit = Math.min(INSERT_CHARS, Math.floor(target.maxPacket / 8));
  const writer = new RowWriter(target.table, columns);
  const queue = new InsertQueue(target, writer, `INSERT INTO ${target.target} (${list}) VALUES `, limit);
  try {
    await load({ target, writer, queue, limit });
    await queue.flush();
    await queue.close();
  } catch (error) {
    await queue.settled();
    // When the connection is lost, the rows end with the driver's own error.
    throw error === target.connection.lost.reason ? failure(`loaded table "${modelName(target.table)}"`, error) : error;
  }
}

async function addRows(loading: Loading, batches: AsyncIterable<RowBatch>): Promise<void> {
  for await (const rows of abortable(batches, loading.target.connection.lost)) {
    for (const row of rows) await addRow(loading, row);
  }
}

async function addRow({ target, writer, queue, limit }: Loading, row: readonly LineValue[]): Promise<void> {
  let chars = 0;
  for (const value of row) chars += typeof value === 'string' ? value.length : NUMBER_CHARS;
  if (chars <= limit / 8) {
    await queue.add(row, chars);
  } else {
    const cells = await setLargeCells(target, writer, row, limit);
    await queue.addExpression(`(${cells.join(',')})`, writer.lenient(row));
  }
}
