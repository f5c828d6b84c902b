import type { DataSource } from 'typeorm';
import { modelName } from '../../table-location.js';
import type { CatalogTable, SequenceState } from '../../catalog-table.js';
import type { Snapshot, SnapshotRequest, TableSize } from '../dialect.js';
import type { LineBlock } from '../../../jsonl/format.js';
import { begin } from './begin.js';
import type { Catalog } from './catalog.js';
import { failure, tableFailure } from './errors.js';
import { keepLegacyBytes } from './legacy-text.js';
import { Names } from './names.js';
import { readLines, selectTexts } from './rows.js';
import { readCounters, readSequences } from './sequences.js';
import { Session } from './session.js';
import { readSizes } from './sizes.js';

/** Opens the snapshot on a connection of its own. @throws BackupError */
export async function openSnapshot(dataSource: DataSource, { choose, signal }: SnapshotRequest): Promise<Snapshot> {
  const session = await Session.open(dataSource, signal);
  try {
    const names = await Names.read(session, dataSource);
    const catalog = await begin(session, names, choose);
    const chosen = new Set(choose(catalog.tables));
    const tables: CatalogTable[] = [];
    for (const table of catalog.tables) {
      tables.push(chosen.has(table) ? await keepLegacyBytes(session, names, table) : table);
    }
    const [row] = await session.texts('SELECT VERSION()');
    return new MysqlSnapshot(session, names, { ...catalog, tables }, row![0]!);
  } catch (error) {
    session.destroy();
    throw failure('took its snapshot', error);
  }
}

/** An open REPEATABLE READ transaction. */
class MysqlSnapshot implements Snapshot {
  readonly server: Snapshot['server'];
  readonly tables: readonly CatalogTable[];
  readonly foreignKeys: Snapshot['foreignKeys'];
  /** Everything that holds data is a table or a sequence here. */
  readonly caveats: readonly string[] = [];

  constructor(
    private readonly session: Session,
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
      yield* readLines(this.session, this.names, table, model);
    } catch (error) {
      throw tableFailure(model, error);
    }
  }

  async select(table: CatalogTable, columns: readonly string[], orderBy: string): Promise<Array<Array<string | null>>> {
    try {
      return await selectTexts(this.session, this.names, table, columns, orderBy);
    } catch (error) {
      throw tableFailure(modelName(table), error);
    }
  }

  async sizes(tables: readonly CatalogTable[]): Promise<TableSize[]> {
    try {
      return await readSizes(this.session, this.names, tables);
    } catch (error) {
      throw failure('asked for the size of the tables', error);
    }
  }

  async sequences(tables: readonly CatalogTable[]): Promise<SequenceState[]> {
    try {
      const counters = await readCounters(this.session, this.names, tables);
      return [...counters, ...(await readSequences(this.session, this.names, this.catalog.sequences))];
    } catch (error) {
      throw failure('read the counters', error);
    }
  }

  async close(): Promise<void> {
    await this.session.close();
  }
}
