import { tablesChanged } from '../../../../errors/restore-errors.js';
import type { CatalogTable } from '../../../catalog-table.js';
import { modelName } from '../../../table-location.js';
import type { MysqlConnection } from '../connection.js';
import { errorNumber, NO_SUCH_TABLE, TABLE_CHANGED, tableFailure } from '../errors.js';
import type { Names } from '../names.js';
import { WITHOUT_INDEXES } from './foreign-keys.js';

/**
 * Locks tables at the start of the transaction: from now on nobody changes their definition, or adds a row to an empty
 * one, since the lock of an empty range is that of its end.
 */
export async function lockTables(
  connection: MysqlConnection,
  names: Names,
  tables: readonly CatalogTable[],
): Promise<void> {
  for (const table of tables) await hasRows(connection, names, table, 'FOR UPDATE');
}

/** Locks tables whose rows are only read. */
export async function holdTables(
  connection: MysqlConnection,
  names: Names,
  tables: readonly CatalogTable[],
): Promise<void> {
  await lockRows(connection, names, tables, 'LOCK IN SHARE MODE');
}

/**
 * Locks every row and every gap between them: nobody else adds, changes or deletes one until the end of the transaction,
 * while reads that lock nothing see what was committed.
 */
export async function freezeTables(
  connection: MysqlConnection,
  names: Names,
  tables: readonly CatalogTable[],
): Promise<void> {
  await lockRows(connection, names, tables, 'FOR UPDATE');
}

/** A count by the primary key locks every row, and every gap between them. */
async function lockRows(
  connection: MysqlConnection,
  names: Names,
  tables: readonly CatalogTable[],
  lock: 'LOCK IN SHARE MODE' | 'FOR UPDATE',
): Promise<void> {
  for (const table of tables) {
    const sql = `SELECT COUNT(*) FROM ${names.sql(table)} ${WITHOUT_INDEXES} ${lock}`;
    await locking(table, () => connection.query(sql));
  }
}

/** @param lock for a locking read, which waits for others and sees whatever they have committed */
export async function hasRows(
  connection: MysqlConnection,
  names: Names,
  table: CatalogTable,
  lock: '' | 'FOR UPDATE',
): Promise<boolean> {
  const sql = `SELECT 1 FROM ${names.sql(table)} ${WITHOUT_INDEXES} LIMIT 1 ${lock}`;
  return (await locking(table, () => connection.query(sql))).length > 0;
}

async function locking<Result>(table: CatalogTable, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    // Dropped, renamed or changed by the previous holder of its lock.
    if ([NO_SUCH_TABLE, TABLE_CHANGED].includes(errorNumber(error))) throw tablesChanged();
    throw tableFailure(modelName(table), error);
  }
}
