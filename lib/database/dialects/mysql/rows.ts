import { databaseFailed } from '../../../errors/database-errors.js';
import { type LineBlock, lineTemplate } from '../../../jsonl/format.js';
import { LineBlockBuilder } from '../../../jsonl/writer.js';
import type { CatalogTable } from '../../catalog-table.js';
import { quoteIdentifier } from '../quote.js';
import { cellEncoder } from './cell-encoder.js';
import { selectExpression } from './columns.js';
import type { MysqlConnection } from './connection.js';
import type { Names } from './names.js';

/**
 * Streams a table as line blocks, one block ahead of the consumer. A consumer that stops early costs the connection,
 * since the server would otherwise have to send all the rest.
 */
export async function* readLines(
  connection: MysqlConnection,
  names: Names,
  table: CatalogTable,
  model: string,
): AsyncGenerator<LineBlock, void> {
  const template = lineTemplate(table, model);
  const builder = new LineBlockBuilder(template);
  const encoders = template.columns.map(cellEncoder);
  let ended = false;
  let failed: { cause: unknown } | undefined;
  let wake = () => {};
  const list = template.columns.map(selectExpression).join(', ') || '1';
  connection.stream(
    `SELECT ${list} FROM ${names.sql(table)}`,
    (row) => {
      try {
        builder.add(encoders.map((encode, index) => encode(row[index]!)));
      } catch (cause) {
        throw databaseFailed(`read table "${model}"`, cause);
      }
      if (!builder.full) return;
      connection.pause();
      wake();
    },
    (cause) => {
      ended = true;
      if (cause !== undefined) failed = { cause };
      wake();
    },
  );
  try {
    for (;;) {
      if (!ended && !builder.full) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failed) throw failed.cause;
      const block = builder.take();
      if (!block) return;
      connection.resume();
      yield block;
    }
  } finally {
    if (!ended) connection.destroy();
  }
}

/**
 * The text of some columns, for small tables.
 * @param lock for a locking read
 */
export function selectTexts(
  connection: MysqlConnection,
  names: Names,
  table: CatalogTable,
  columns: readonly string[],
  orderBy: string,
  lock: '' | 'LOCK IN SHARE MODE' = '',
): Promise<Array<Array<string | null>>> {
  const list = columns.map((name) => selectExpression(table.columns.find((column) => column.name === name)!));
  const order = quoteIdentifier(orderBy, '`');
  return connection.texts(`SELECT ${list.join(', ')} FROM ${names.sql(table)} ORDER BY ${order} ${lock}`);
}
