import { basename, isAbsolute } from 'node:path';
import type { Type } from '@nestjs/common';
import type { DataSource, ObjectLiteral, Repository } from 'typeorm';
import { databaseFailed } from '../errors/database-errors.js';
import type { ResolvedBackupOptions } from '../options/resolved-options.js';
import { findsAnyTable, valuesIn } from './application-queries.js';
import type { CatalogTable } from './catalog-table.js';
import type { DatabaseLock, Dialect, LockName, Snapshot } from './dialects/dialect.js';
import type { RecordStore } from './dialects/records.js';
import { dialectFor, valuesOf } from './dialects/registry.js';
import { RESTORE_TABLE, type RestoreDialect } from './dialects/restore-dialect.js';
import type { TableReader } from './dialects/table-reader.js';
import { type MappedModel, mapColumns } from './mapped-columns.js';
import { type MappedTables, mapTables } from './mapped-tables.js';
import { isOwnMigration } from './migrations/own-migrations.js';
import {
  findMigrationsTable,
  knownMigrations,
  type MigrationsRecord,
  migrationsTableName,
  readMigrations,
} from './migrations/record.js';
import { MigrationRunner } from './migrations/runner.js';
import { type TablePlan, TablePlanner } from './table-plan.js';
import type { EngineValues } from './values/engine-values.js';

/** A snapshot of the application's database, and what is exported of it. */
export interface DatabaseSnapshot {
  readonly snapshot: Snapshot;
  readonly plan: TablePlan;
  readonly migrations: MigrationsRecord;
  /** Files of the database itself, which are not saved as files. */
  readonly ownFiles: readonly string[];
}

/** The properties of a restore's target that an archive has to match. */
export interface TargetDatabase {
  readonly server: Snapshot['server'];
  readonly migrations: MigrationsRecord;
  /** All tables except the library's and TypeORM's own. */
  readonly tables: readonly CatalogTable[];
  /** Tables that the application maps, by `locationKey`. */
  readonly mapped: ReadonlySet<string>;
  /** Returns a type without details that do not affect its values. */
  readonly comparableType: (type: string) => string;
}

/** What decides which rows of a database are saved. */
export type TableOptions = Pick<ResolvedBackupOptions, 'excludeEntities' | 'unmappedTables'>;

/** A database of the application's kind: locked, read, restored into. */
export class Database {
  protected dataSource!: DataSource;
  protected dialect!: Dialect;
  private mapped!: MappedTables;
  private planner!: TablePlanner;

  constructor(protected readonly options: TableOptions) {}

  /** @throws BackupError `UNSUPPORTED_DATABASE`, `INVALID_OPTIONS` */
  static of(dataSource: DataSource, options: TableOptions): Database {
    return new Database(options).use(dataSource);
  }

  /**
   * Database and schema as configured by the application: what distinguishes it from other databases on the same
   * server.
   */
  get name(): string {
    const { database, location, schema } = this.dataSource.options as {
      database?: unknown;
      location?: unknown;
      schema?: unknown;
    };
    const named = [database, this.dataSource.driver.database, location].find((one) => typeof one === 'string');
    return [named ?? '', ...(typeof schema === 'string' ? [schema] : [])].join('/');
  }

  /** Its name for people. Paths on this machine are not disclosed. */
  get displayName(): string {
    const name = this.dataSource.driver.database ?? '';
    return isAbsolute(name) ? basename(name) : name;
  }

  /** @throws BackupError `LOCKED`, `DATABASE_UNAVAILABLE` */
  lock(name?: LockName): Promise<DatabaseLock> {
    return this.dialect.lock(name);
  }

  /** Takes a consistent snapshot; the caller closes it. @throws BackupError */
  async snapshot(signal: AbortSignal): Promise<DatabaseSnapshot> {
    const snapshot = await this.dialect.snapshot({ choose: (tables) => this.planner.choose(tables), signal });
    try {
      const migrations = await this.readMigrations(snapshot);
      return { snapshot, plan: this.planner.plan(snapshot), migrations, ownFiles: this.ownFiles() };
    } catch (error) {
      await snapshot.close();
      throw error;
    }
  }

  /** Files of the database itself, as absolute paths without links. */
  ownFiles(): readonly string[] {
    return this.dialect.ownFiles();
  }

  knows(entity: Type): boolean {
    return this.dataSource.hasMetadata(entity);
  }

  /** An entity's rows, through the application's own connections. */
  repository<Row extends ObjectLiteral>(entity: Type<Row>): Repository<Row> {
    return this.dataSource.getRepository(entity);
  }

  /**
   * Creates an empty database next to this one, into which a backup can be restored as a test.
   * @param applied names of the migrations that create its tables, where the engine cannot copy them; default: all of
   *   the application's. If the application has none, the tables are synchronised.
   * @throws BackupError `RESTORE_TEST_FAILED`
   */
  async createScratch(applied?: readonly string[]): Promise<{ database: Database; drop: () => Promise<void> }> {
    const { dataSource, drop } = await this.dialect.createScratch((empty) => {
      const known = knownMigrations(empty).map(({ name }) => name);
      // Unknown migrations are left to the restore to refuse.
      const names = known.filter((name) => applied?.includes(name) ?? true);
      return (applied ?? known).every(isOwnMigration) ? empty.synchronize() : new MigrationRunner(empty).run(names);
    });
    return { database: Database.of(dataSource, this.options), drop };
  }

  /** Records that all processes share. @throws BackupError `DATABASE_UNAVAILABLE`; the engine's own error */
  openRecords(): Promise<RecordStore> {
    return this.dialect.openRecords();
  }

  /** The half of the engine that restores; used under the lock. */
  get restores(): RestoreDialect {
    return this.dialect.restores;
  }

  /** Distinguishes this database from every other one, as `RestoreDialect.identity`, once a restore has begun. */
  async identity(): Promise<string> {
    const identity = await this.restores.identity();
    if (identity === undefined) throw databaseFailed('looked for its own table');
    return identity;
  }

  /** Whether the application creates its schema from its entities at each start. */
  get synchronizes(): boolean {
    return this.dataSource.options.synchronize === true;
  }

  /** The application's own migrations. */
  get migrations(): MigrationRunner {
    return new MigrationRunner(this.dataSource);
  }

  /**
   * Number of sessions of others that are older than this process, as far as they are visible, e.g. of a running
   * application.
   */
  async olderSessions(): Promise<number> {
    return (await this.dialect.olderSessions?.()) ?? 0;
  }

  /** Names of the migrations that the application knows and this database has not run, in order. Creates no record. */
  async pendingMigrations(): Promise<string[]> {
    const known = knownMigrations(this.dataSource);
    if (known.length === 0) return [];
    const run = new Set(await valuesIn(this.dataSource, migrationsTableName(this.dataSource), 'name'));
    return known.map(({ name }) => name).filter((name) => !run.has(name));
  }

  /** Finds the table that records which migrations have been run. */
  migrationsTables(tables: readonly CatalogTable[]): CatalogTable[] {
    const table = findMigrationsTable(this.dataSource, this.dialect, tables);
    return table ? [table] : [];
  }

  readMigrations(reader: Pick<TableReader, 'tables' | 'select'>): Promise<MigrationsRecord> {
    return readMigrations(this.dataSource, this.dialect, reader);
  }

  /** What the application's entities say about their columns, by `locationKey` of the table. */
  get model(): ReadonlyMap<string, MappedModel> {
    return mapColumns(this.dataSource, this.dialect);
  }

  /** How values are written by this engine, and by the engine of an archive, if that is known. */
  translation(source: string): { readonly from: EngineValues | undefined; readonly to: EngineValues } {
    return { from: valuesOf(source), to: this.dialect.values };
  }

  /** What an archive has to match. */
  async describeTarget(): Promise<TargetDatabase> {
    const snapshot = await this.dialect.snapshot({ choose: () => [], brief: true });
    try {
      const migrations = await this.readMigrations(snapshot);
      const tables = snapshot.tables.filter((table) => !this.planner.isOwn(table));
      return {
        server: snapshot.server,
        migrations,
        tables,
        mapped: new Set(this.mapped.keys()),
        comparableType: (type) => this.dialect.comparableType(type),
      };
    } finally {
      await snapshot.close();
    }
  }

  /** Resolves when the application's own connections work. Rejects with the driver's error. */
  async answers(): Promise<void> {
    await this.dataSource.query('SELECT 1');
  }

  /** Whether the application itself finds a table of one of its entities, although the catalog may list none. */
  findsTables(): Promise<boolean> {
    return findsAnyTable(
      this.dataSource,
      [...this.mapped.values()].map(({ path }) => path),
    );
  }

  /** Whether the marks of a restore exist: it is running, or was killed. */
  async hasRestoreMarks(): Promise<boolean> {
    return (await valuesIn(this.dataSource, RESTORE_TABLE, 'id')).length > 0;
  }

  /** @param dataSource initialised */
  protected use(dataSource: DataSource): this {
    this.dataSource = dataSource;
    this.dialect = dialectFor(dataSource);
    this.mapped = mapTables(dataSource, this.dialect, this.options.excludeEntities);
    this.planner = new TablePlanner(dataSource, this.dialect, this.mapped, this.options.unmappedTables);
    return this;
  }
}
