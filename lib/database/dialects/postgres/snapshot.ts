import type { DataSource } from 'typeorm';
import { BackupError } from '../../../errors/backup-error.js';
import { databaseBusy, databaseFailed, outOfLocks, rowsHidden } from '../../../errors/database-errors.js';
import { aborted } from '../../../errors/run-errors.js';
import type { LineBlock } from '../../../jsonl/format.js';
import type { CatalogForeignKey, CatalogTable, SequenceState } from '../../catalog-table.js';
import { modelName } from '../../table-location.js';
import type { Snapshot, SnapshotRequest, TableSize } from '../dialect.js';
import { lockList, type PgTable, readForeignKeys, readTables } from './catalog.js';
import { readCaveats } from './caveats.js';
import { connect, destroy, type PgClient } from './connection.js';
import { DEADLOCK_DETECTED, isOutOfLocks, LOCK_NOT_AVAILABLE, UNDEFINED_TABLE } from './errors.js';
import { defaultSchemaOf, Names } from './names.js';
import { ownShare, Readers, type ReadingShare } from './readers/index.js';
import { lineReader, selectTexts } from './rows.js';
import { readSequences } from './sequences.js';
import { readSizes } from './sizes.js';
import { begin, within } from './transaction.js';

/** How long one attempt waits for a table's lock; short, because everybody else queues behind a waiting lock. */
const LOCK_TIMEOUT_MS = 500;
const GIVE_UP_MS = 10_000;
/** Others' locks, and what they may have done while they held them: worth another attempt. */
const CONTENTION: ReadonlySet<string> = new Set([LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED, UNDEFINED_TABLE]);

const LOCKED = `
  SELECT relation::int8::text AS oid FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * Opens the snapshot: first the tables are locked against TRUNCATE and ALTER, then the first query fixes the snapshot.
 * In the opposite order, a table truncated in between would read as empty.
 */
export async function openSnapshot(
  dataSource: DataSource,
  { choose, signal }: SnapshotRequest,
  share: ReadingShare = ownShare(),
): Promise<Snapshot> {
  signal?.throwIfAborted();
  const client = await connect(dataSource);
  let readers: Readers | undefined;
  const abort = () => {
    readers?.close();
    destroy(client);
  };
  signal?.addEventListener('abort', abort, { once: true });
  const detach = () => signal?.removeEventListener('abort', abort);
  try {
    signal?.throwIfAborted(); // Possibly while the connection was being made, when nobody was listening.
    const frozen = () => freeze(client, dataSource, choose);
    let { names, tables } = await frozen();
    readers = await Readers.of(dataSource, client, choose(tables) as PgTable[], share).catch(async () => {
      // For example, its disk is full: then one connection is enough.
      await client.query('ROLLBACK');
      ({ names, tables } = await frozen());
      return undefined;
    });
    const server = { type: 'postgres', version: await serverVersion(client) };
    const foreignKeys = await readForeignKeys(client, names);
    const caveats = await readCaveats(client, choose(tables) as PgTable[]);
    return new PgSnapshot(client, dataSource, { server, tables, foreignKeys, caveats }, readers, signal, detach);
  } catch (error) {
    detach();
    abort();
    if (signal?.aborted) throw aborted(error);
    if (isOutOfLocks(error)) throw outOfLocks('The backup failed while it locked the tables');
    throw error instanceof BackupError ? error : databaseFailed('took its snapshot', error);
  }
}

async function freeze(
  client: PgClient,
  dataSource: DataSource,
  choose: SnapshotRequest['choose'],
): Promise<{ readonly names: Names; readonly tables: PgTable[] }> {
  const giveUp = Date.now() + GIVE_UP_MS;
  for (;;) {
    const expected = await within(client, 'read', async () =>
      choose(await readTables(client, await Names.read(client, dataSource))),
    );
    await begin(client, 'snapshot');
    try {
      await lockTables(client, expected as PgTable[]);
      const names = await Names.read(client, dataSource);
      const tables = await readTables(client, names);
      if (JSON.stringify(choose(tables)) === JSON.stringify(expected)) return { names, tables };
    } catch (error) {
      const { code = '' } = error as { code?: string };
      if (!CONTENTION.has(code)) throw error;
      if (Date.now() > giveUp) throw databaseBusy(await describeBlocked(client, expected as PgTable[]), error);
    }
    await client.query('ROLLBACK');
  }
}

async function lockTables(client: PgClient, tables: readonly PgTable[]): Promise<void> {
  const hidden = tables.find(({ filtered }) => filtered);
  if (hidden) throw rowsHidden(modelName(hidden));
  if (tables.length === 0) return;
  await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await client.query(`LOCK TABLE ${lockList(tables)} IN ACCESS SHARE MODE`);
  await client.query('SET LOCAL lock_timeout = 0');
}

async function describeBlocked(client: PgClient, tables: readonly PgTable[]): Promise<string> {
  await client.query('ROLLBACK');
  const { rows } = await within(client, 'read', () => client.query(LOCKED));
  const locked = new Set(rows.map(({ oid }) => Number(oid)));
  const names = tables.filter(({ oid }) => locked.has(oid)).map((table) => `"${modelName(table)}"`);
  return names.length > 0 ? `Table ${names.join(', ')}` : 'A table';
}

async function serverVersion(client: PgClient): Promise<string> {
  const { rows } = await client.query('SHOW server_version');
  return String(rows[0]!.server_version);
}

interface Frozen {
  readonly server: { readonly type: string; readonly version: string };
  readonly tables: readonly PgTable[];
  readonly foreignKeys: readonly CatalogForeignKey[];
  readonly caveats: readonly string[];
}

/** An open REPEATABLE READ transaction on a connection of its own. */
class PgSnapshot implements Snapshot {
  readonly server: Frozen['server'];
  readonly tables: readonly PgTable[];
  readonly foreignKeys: Frozen['foreignKeys'];
  readonly caveats: Frozen['caveats'];
  /** A COPY that was not read to its end leaves the connection unusable. */
  private copying = false;
  private closed = false;

  constructor(
    private readonly client: PgClient,
    private readonly dataSource: DataSource,
    frozen: Frozen,
    private readonly readers: Readers | undefined,
    private readonly signal: AbortSignal | undefined,
    private readonly detach: () => void,
  ) {
    this.server = frozen.server;
    this.tables = frozen.tables;
    this.foreignKeys = frozen.foreignKeys;
    this.caveats = frozen.caveats;
  }

  async *lines(table: CatalogTable, model: string): AsyncGenerator<LineBlock> {
    this.copying = true;
    try {
      const inParts = await this.readers?.lines(table as PgTable, model);
      yield* inParts ?? lineReader(table as PgTable, model)(this.client);
      this.copying = false;
    } catch (error) {
      throw this.failure(`read table "${model}"`, error);
    }
  }

  async select(table: CatalogTable, columns: readonly string[], orderBy: string): Promise<(string | null)[][]> {
    try {
      return await selectTexts(this.client, table as PgTable, columns, orderBy);
    } catch (error) {
      throw this.failure(`read table "${modelName(table)}"`, error);
    }
  }

  async sizes(tables: readonly CatalogTable[]): Promise<TableSize[]> {
    try {
      return await readSizes(this.client, tables as readonly PgTable[]);
    } catch (error) {
      throw this.failure('asked for the size of the tables', error);
    }
  }

  async sequences(tables: readonly CatalogTable[]): Promise<SequenceState[]> {
    try {
      return await readSequences(this.client, defaultSchemaOf(this.dataSource), tables as readonly PgTable[]);
    } catch (error) {
      throw this.failure('read the sequences', error);
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.detach();
    this.readers?.close();
    if (this.copying) {
      destroy(this.client);
    } else {
      await this.client.query('COMMIT').then(
        () => this.client.end(),
        () => destroy(this.client),
      );
    }
  }

  private failure(what: string, error: unknown): BackupError {
    if (this.signal?.aborted) return aborted(error);
    return isOutOfLocks(error) ? outOfLocks(`The backup failed while it ${what}`) : databaseFailed(what, error);
  }
}
