import type { DataSource } from 'typeorm';
import { aborted } from '../../../errors/run-errors.js';
import type { LineBlock } from '../../../jsonl/format.js';
import type { CatalogForeignKey, CatalogTable, SequenceState } from '../../catalog-table.js';
import { modelName } from '../../table-location.js';
import type { Snapshot, SnapshotRequest, TableSize } from '../dialect.js';
import { readForeignKeys, readTables, type SqliteTable } from './catalog.js';
import type { SqliteConnection } from './connection.js';
import { failure } from './errors.js';
import { openSource, type Source } from './open-source.js';
import { readTogether } from './read-together.js';
import { retryWhileBusy } from './retry-while-busy.js';
import { readLines } from './rows.js';
import { selectTexts } from './select-texts.js';
import { readSequences } from './sequences.js';
import { readSizes } from './sizes.js';
import { spelledAsEntities } from './spelling.js';
import { virtualTableCaveat } from './virtual-tables.js';

const FILE = 'The database file';

export async function openSnapshot(dataSource: DataSource, { brief, signal }: SnapshotRequest): Promise<Snapshot> {
  const check = () => {
    if (signal?.aborted) throw aborted(signal.reason);
  };
  let source: Source | undefined;
  try {
    check();
    const opened = await openSource(dataSource, brief === true, check);
    source = opened;
    const show = () => new SqliteSnapshot(dataSource, opened, check);
    return await retryWhileBusy(FILE, check, () => (opened.momentary ? readTogether(opened.connection, show) : show()));
  } catch (error) {
    source?.connection.close();
    throw failure('took its snapshot', error);
  }
}

/** A private connection that shows one snapshot; closing it removes the copy, if there is one. */
class SqliteSnapshot implements Snapshot {
  readonly server: { readonly type: string; readonly version: string };
  readonly tables: readonly SqliteTable[];
  readonly foreignKeys: readonly CatalogForeignKey[];
  readonly caveats: readonly string[];
  private readonly connection: SqliteConnection;
  private closed = false;

  constructor(
    dataSource: DataSource,
    { connection, caveats: unread }: Source,
    private readonly check: () => void,
  ) {
    this.connection = connection;
    const [[version] = []] = connection.all('SELECT sqlite_version()');
    const { tables: listed, virtual } = readTables(connection);
    const tables = spelledAsEntities(listed, dataSource);
    this.server = { type: dataSource.options.type, version: String(version) };
    this.tables = tables;
    this.caveats = [...unread, ...virtual.flatMap((table) => virtualTableCaveat(table) ?? [])];
    this.foreignKeys = readForeignKeys(connection, tables);
  }

  async *lines(table: CatalogTable, model: string): AsyncGenerator<LineBlock> {
    try {
      yield* readLines(this.connection, table as SqliteTable, model, () => this.checkOpen());
    } catch (error) {
      throw failure(`read table "${model}"`, error);
    }
  }

  /** Ends open statements first; otherwise closing would look like the end of their table. */
  private checkOpen(): void {
    this.check();
    if (this.closed) throw aborted();
  }

  async select(table: CatalogTable, columns: readonly string[], orderBy: string): Promise<(string | null)[][]> {
    return this.asked(`read table "${modelName(table)}"`, () =>
      selectTexts(this.connection, table as SqliteTable, columns, orderBy),
    );
  }

  async sizes(tables: readonly CatalogTable[]): Promise<TableSize[]> {
    return this.asked('asked for the size of the tables', () =>
      readSizes(this.connection, tables as readonly SqliteTable[]),
    );
  }

  async sequences(tables: readonly CatalogTable[]): Promise<SequenceState[]> {
    return this.asked('read the counters', () => readSequences(this.connection, tables));
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.connection.close();
  }

  private async asked<Result>(what: string, ask: () => Result): Promise<Result> {
    try {
      return await retryWhileBusy(FILE, () => this.checkOpen(), ask);
    } catch (error) {
      throw failure(what, error);
    }
  }
}
