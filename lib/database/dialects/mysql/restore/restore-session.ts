import type { DataSource } from 'typeorm';
import { BackupError } from '../../../../backup.errors.js';
import type { CatalogTable, SequenceState } from '../../dialect.js';
import { type LineValue, type LoadColumn, RESTORE_TABLE, type RestoreSession } from '../../restore-dialect.js';
import type { Catalog } from '../catalog.js';
import { Contended } from '../contended.js';
import { failure, tableFailure } from '../errors.js';
import { modelName } from '../../../table-location.js';
import type { Names } from '../names.js';
import { Session } from '../session.js';
import { countersOf } from './counters.js';
import { restorableSequences } from './drawn-sequences.js';
import { refuseOtherEngines } from './engines.js';
import { statementFailure, withoutValues } from './errors.js';
import { checkForeignKeys, type ForeignKey, refuseOutsideRows, WITHOUT_INDEXES } from './foreign-keys.js';
import { loadRows } from './load-rows.js';
import { markCommitted, replaceUndo } from './marks.js';
import { setAside } from './set-aside.js';
import { pinRestoreSettings } from './settings.js';
import { settle } from './settle.js';
import type { Undo } from './undo.js';

/** One restore: an undo record, then one transaction, then what the record says. */
export class MysqlRestoreSession implements RestoreSession {
  readonly server: RestoreSession['server'];
  readonly tables: readonly CatalogTable[];
  readonly foreignKeys: RestoreSession['foreignKeys'];
  /** Of a restore that has begun and is not settled. */
  private id: string | undefined;
  private undo: Undo | undefined;
  private loaded: readonly CatalogTable[] = [];
  private readonly maxPacket: number;

  constructor(
    private readonly dataSource: DataSource,
    private readonly session: Session,
    private readonly names: Names,
    private readonly catalog: Catalog,
    private readonly keys: readonly ForeignKey[],
    { version, maxPacket }: { version: string; maxPacket: number },
  ) {
    this.server = { type: /mariadb/i.test(version) ? 'mariadb' : 'mysql', version };
    this.tables = catalog.tables.filter(({ schema, name }) => schema !== null || name !== RESTORE_TABLE);
    this.foreignKeys = catalog.foreignKeys;
    this.maxPacket = maxPacket;
  }

  async occupied(tables: readonly CatalogTable[]): Promise<CatalogTable[]> {
    const occupied: CatalogTable[] = [];
    for (const table of tables) {
      try {
        const rows = await this.session.texts(`SELECT 1 FROM ${this.names.sql(table)} LIMIT 1`);
        if (rows.length > 0) occupied.push(table);
      } catch (error) {
        throw tableFailure(modelName(table), error);
      }
    }
    return occupied;
  }

  async begin(id: string, tables: readonly CatalogTable[]): Promise<void> {
    const { session, names } = this;
    try {
      await refuseOtherEngines(session, names, tables);
      await refuseOutsideRows(session, names, this.keys, tables);
      this.id = id;
      this.undo = await setAside(session, names, id, tables);
      this.loaded = tables;
      await session.query('START TRANSACTION');
      await markCommitted(session, names, id);
      for (const table of tables) await this.empty(table);
    } catch (error) {
      if (error instanceof Contended) throw BackupError.databaseBusy(error.what, error.cause);
      throw failure('began the restore', error);
    }
  }

  load(
    table: CatalogTable,
    columns: readonly LoadColumn[],
    batches: AsyncIterable<ReadonlyArray<readonly LineValue[]>>,
  ): Promise<void> {
    return loadRows(
      { session: this.session, table, target: this.names.sql(table), maxPacket: this.maxPacket },
      columns,
      batches,
    );
  }

  async count(table: CatalogTable): Promise<number> {
    try {
      const [row] = await this.session.texts(`SELECT COUNT(*) FROM ${this.names.sql(table)} ${WITHOUT_INDEXES}`);
      return Number(row![0]);
    } catch (error) {
      throw statementFailure(table, 'its rows could not be counted', error);
    }
  }

  async complete(sequences: readonly SequenceState[]): Promise<void> {
    const { session, names, loaded } = this;
    await checkForeignKeys(session, names, this.keys, loaded);
    try {
      const drawn = await restorableSequences(session, names, this.catalog.sequences, loaded);
      await replaceUndo(session, names, this.id!, {
        ...this.undo!,
        counters: countersOf(loaded, sequences),
        sequences: countersOf(drawn, sequences),
      });
    } catch (error) {
      throw failure('recorded the counters', error);
    }
  }

  async commit(): Promise<void> {
    if (this.session.lost.aborted) throw failure('committed the restore', this.session.lost.reason);
    try {
      await this.session.query('COMMIT');
      await this.settle();
    } catch (cause) {
      throw BackupError.outcomeUnknown(cause instanceof BackupError ? cause : withoutValues(cause));
    }
  }

  async close(): Promise<void> {
    try {
      if (this.id !== undefined) await this.settle();
    } finally {
      await this.session.close();
    }
  }

  private async empty(table: CatalogTable): Promise<void> {
    try {
      await this.session.query(`DELETE FROM ${this.names.sql(table)}`);
    } catch (error) {
      throw statementFailure(table, 'it could not be emptied', error);
    }
  }

  /** Over another connection when this one is gone, or was aborted. */
  private async settle(): Promise<void> {
    const id = this.id!;
    if (!this.session.lost.aborted) {
      try {
        await this.session.query('ROLLBACK'); // Nothing, after COMMIT.
        await settle(this.session, this.names, id);
        this.id = undefined;
        return;
      } catch (error) {
        if (!this.session.lost.aborted) throw failure('put back what it had set aside', error);
      }
    }
    const session = await Session.open(this.dataSource);
    try {
      await pinRestoreSettings(session);
      await settle(session, this.names, id);
      this.id = undefined;
    } catch (error) {
      throw failure('put back what it had set aside', error);
    } finally {
      await session.close();
    }
  }
}
