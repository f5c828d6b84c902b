import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { databaseBusy } from '../../../errors/database-errors.js';
import type { LineBlock } from '../../../jsonl/format.js';
import type { CatalogTable, SequenceState } from '../../catalog-table.js';
import { modelName } from '../../table-location.js';
import type { Snapshot, SnapshotRequest, TableSize } from '../dialect.js';
import { type Catalog, readCatalog } from './catalog.js';
import { MysqlConnection } from './connection.js';
import { ContendedError, errorNumber, failure, LOCKED, NO_SUCH_TABLE, TABLE_CHANGED, tableFailure } from './errors.js';
import { keepLegacyBytes } from './legacy-text.js';
import { Names } from './names.js';
import { readLines, selectTexts } from './rows.js';
import { readCounters, readSequences } from './sequences.js';
import { readSizes } from './sizes.js';

const GIVE_UP_MS = 10_000;
const PAUSE_MS = 200;
const CONTENTION: ReadonlySet<number> = new Set([...LOCKED, NO_SUCH_TABLE, TABLE_CHANGED]);

/** Opens the snapshot on a connection of its own. @throws BackupError */
export async function openSnapshot(dataSource: DataSource, { choose, signal }: SnapshotRequest): Promise<Snapshot> {
  const connection = await MysqlConnection.open(dataSource, signal);
  try {
    const names = await Names.read(connection, dataSource);
    const catalog = await begin(connection, names, choose);
    const chosen = new Set(choose(catalog.tables));
    const tables: CatalogTable[] = [];
    for (const table of catalog.tables) {
      tables.push(chosen.has(table) ? await keepLegacyBytes(connection, names, table) : table);
    }
    const [row] = await connection.texts('SELECT VERSION()');
    return new MysqlSnapshot(connection, names, { ...catalog, tables }, row![0]!);
  } catch (error) {
    connection.destroy();
    throw failure('took its snapshot', error);
  }
}

/**
 * Opens the transaction. All chosen tables are locked against TRUNCATE and ALTER before the first row is read, which
 * fixes the snapshot: a table emptied between the two would make the backup fail half-way (error 1412).
 * @returns the catalog at that time
 */
async function begin(connection: MysqlConnection, names: Names, choose: SnapshotRequest['choose']): Promise<Catalog> {
  const giveUp = Date.now() + GIVE_UP_MS;
  for (;;) {
    try {
      return await tryBegin(connection, names, choose);
    } catch (error) {
      if (!(error instanceof ContendedError)) throw error;
      if (Date.now() > giveUp) throw databaseBusy(error.what, error.cause);
    }
    await connection.query('ROLLBACK');
    await sleep(PAUSE_MS, undefined, { signal: connection.lost }).catch(() => {}); // The next query reports why.
  }
}

async function tryBegin(
  connection: MysqlConnection,
  names: Names,
  choose: SnapshotRequest['choose'],
): Promise<Catalog> {
  const chosen = choose((await readCatalog(connection, names)).tables);
  await connection.query('START TRANSACTION READ ONLY');
  // Every column is named, so that a privilege on only some of them is noticed; no row is read.
  for (const table of chosen) await touch(connection, table, `SELECT * FROM ${names.sql(table)} LIMIT 0`);
  for (const table of chosen) await touch(connection, table, `SELECT 1 FROM ${names.sql(table)} LIMIT 1`);
  const catalog = await readCatalog(connection, names);
  const now = choose(catalog.tables);
  if (JSON.stringify(now) !== JSON.stringify(chosen)) throw new ContendedError('The schema');
  return catalog;
}

async function touch(connection: MysqlConnection, table: CatalogTable, sql: string): Promise<void> {
  try {
    await connection.query(sql);
  } catch (error) {
    const model = modelName(table);
    throw CONTENTION.has(errorNumber(error))
      ? new ContendedError(`Table "${model}"`, error)
      : tableFailure(model, error);
  }
}

/** An open REPEATABLE READ transaction. */
class MysqlSnapshot implements Snapshot {
  readonly server: Snapshot['server'];
  readonly tables: readonly CatalogTable[];
  readonly foreignKeys: Snapshot['foreignKeys'];
  /** Everything that contains data is a table or a sequence here. */
  readonly caveats: readonly string[] = [];

  constructor(
    private readonly connection: MysqlConnection,
    private readonly names: Names,
    private readonly catalog: Catalog,
    version: string,
  ) {
    this.server = { type: /mariadb/i.test(version) ? 'mariadb' : 'mysql', version };
    this.tables = catalog.tables;
    this.foreignKeys = catalog.foreignKeys;
  }

  async *lines(table: CatalogTable, model: string): AsyncGenerator<LineBlock, void> {
    try {
      yield* readLines(this.connection, this.names, table, model);
    } catch (error) {
      throw tableFailure(model, error);
    }
  }

  async select(table: CatalogTable, columns: readonly string[], orderBy: string): Promise<Array<Array<string | null>>> {
    try {
      return await selectTexts(this.connection, this.names, table, columns, orderBy);
    } catch (error) {
      throw tableFailure(modelName(table), error);
    }
  }

  async sizes(tables: readonly CatalogTable[]): Promise<TableSize[]> {
    try {
      return await readSizes(this.connection, this.names, tables);
    } catch (error) {
      throw failure('asked for the size of the tables', error);
    }
  }

  async sequences(tables: readonly CatalogTable[]): Promise<SequenceState[]> {
    try {
      const counters = await readCounters(this.connection, this.names, tables);
      return [...counters, ...(await readSequences(this.connection, this.names, this.catalog.sequences))];
    } catch (error) {
      throw failure('read the counters', error);
    }
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}
