import { setTimeout as sleep } from 'node:timers/promises';
import { databaseBusy } from '../../../errors/database-errors.js';
import { modelName } from '../../table-location.js';
import type { CatalogTable } from '../../catalog-table.js';
import type { SnapshotRequest } from '../dialect.js';
import { type Catalog, readCatalog } from './catalog.js';
import { ContendedError } from './contended.js';
import { errorNumber, LOCKED, NO_SUCH_TABLE, TABLE_CHANGED, tableFailure } from './errors.js';
import type { Names } from './names.js';
import type { Session } from './session.js';

const GIVE_UP_MS = 10_000;
const PAUSE_MS = 200;
const CONTENTION: ReadonlySet<number> = new Set([...LOCKED, NO_SUCH_TABLE, TABLE_CHANGED]);

/**
 * Opens the transaction. All chosen tables are locked against TRUNCATE and ALTER before the first row is read, which is
 * the moment of the snapshot: a table that is emptied between the two would end the backup half-way (error 1412).
 * @returns the catalog at that moment
 */
export async function begin(session: Session, names: Names, choose: SnapshotRequest['choose']): Promise<Catalog> {
  const giveUp = Date.now() + GIVE_UP_MS;
  for (;;) {
    try {
      return await tryBegin(session, names, choose);
    } catch (error) {
      if (!(error instanceof ContendedError)) throw error;
      if (Date.now() > giveUp) throw databaseBusy(error.what, error.cause);
    }
    await session.query('ROLLBACK');
    await sleep(PAUSE_MS, undefined, { signal: session.lost }).catch(() => {}); // The next query tells why.
  }
}

async function tryBegin(session: Session, names: Names, choose: SnapshotRequest['choose']): Promise<Catalog> {
  const chosen = choose((await readCatalog(session, names)).tables);
  await session.query('START TRANSACTION READ ONLY');
  // Every column is named, so a privilege on only some of them is noticed; no row is touched.
  for (const table of chosen) await touch(session, table, `SELECT * FROM ${names.sql(table)} LIMIT 0`);
  for (const table of chosen) await touch(session, table, `SELECT 1 FROM ${names.sql(table)} LIMIT 1`);
  const catalog = await readCatalog(session, names);
  const now = choose(catalog.tables);
  if (JSON.stringify(now) !== JSON.stringify(chosen)) throw new ContendedError('The schema');
  return catalog;
}

async function touch(session: Session, table: CatalogTable, sql: string): Promise<void> {
  try {
    await session.query(sql);
  } catch (error) {
    const model = modelName(table);
    throw CONTENTION.has(errorNumber(error))
      ? new ContendedError(`Table "${model}"`, error)
      : tableFailure(model, error);
  }
}
