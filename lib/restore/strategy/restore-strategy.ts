import type { CatalogTable } from '../../database/catalog-table.js';
import type { Database, TargetDatabase } from '../../database/database.js';
import type { RestoreSession } from '../../database/dialects/restore-dialect.js';
import type { MigrationPlan } from '../../database/migrations/migration-plan.js';
import type { BackupError } from '../../errors/backup-error.js';
import { tablesChanged } from '../../errors/restore-errors.js';
import type { LineReaderOptions } from '../../jsonl/reader.js';
import type { BackupManifest, ManifestTable } from '../../manifest/manifest.js';
import type { MatchedTable } from '../check-target.js';
import type { RestoreOptions } from '../restore-report.js';
import type { TargetContent } from '../target-content.js';
import type { Translation } from '../translate/make-translation.js';

export interface StrategyOptions extends RestoreOptions, Pick<LineReaderOptions, 'onRead'> {
  /** Called before the rows are read for a plan; `onRead` receives their progress. */
  readonly onPlan?: () => void;
}

export type MatchedTables = ReadonlyArray<MatchedTable<ManifestTable>>;

/** What a strategy between equal engines is built from. */
export interface RestoreSetting {
  readonly id: string;
  readonly manifest: BackupManifest;
  readonly target: TargetDatabase;
  readonly replace: boolean;
  readonly plan: MigrationPlan;
  /** Whether the tables are created as the option `synchronize` would. */
  readonly synchronize: boolean;
  readonly databases: Database;
}

/**
 * How the target's schema becomes the archive's, receives the rows, and becomes the application's. Steps that a strategy
 * does not have are absent.
 */
export interface RestoreStrategy {
  readonly plan: MigrationPlan;
  /** For an archive from another engine. */
  readonly translation?: Translation;
  /**
   * For a plan: counts what would be replaced, and checks what can be checked without a lock, before `prepare`.
   * @throws BackupError `RESTORE_REFUSED` when something does not fit
   */
  foresee(session: RestoreSession, content: TargetContent): Promise<void>;
  /** Before the session is opened: what the engine commits immediately. */
  prepare?(): Promise<void>;
  /**
   * Begins the session's transaction and brings the schema to the archive's.
   * @param content of the target, checked together with the strategy's own preconditions
   * @returns the tables to be loaded, emptied
   * @throws BackupError `RESTORE_REFUSED` when something does not fit, or there are rows that may not be replaced
   */
  begin(session: RestoreSession, content: TargetContent): Promise<MatchedTables>;
  /** Called when the rows are loaded: brings the schema to the application's. */
  complete?(session: RestoreSession): Promise<void>;
  /**
   * After the commit: what the engine could not do within the transaction.
   * @returns `MIGRATION_FAILED` when the rows stay at the archive's version
   * @throws BackupError `RESTORE_FAILED` when a migration failed and everything was undone
   */
  settle?(): Promise<BackupError | undefined>;
  /** Undoes `prepare` for a restore that does not take place. */
  undo?(): Promise<void>;
}

/** What a restore assumes about its target. */
export interface Expected {
  /** @throws BackupError `RESTORE_REFUSED` when the tables do not fit */
  readonly choose: (tables: readonly CatalogTable[]) => readonly CatalogTable[];
  /** @throws BackupError `RESTORE_REFUSED` when rows or files are in the way */
  readonly refuse: (tables: readonly CatalogTable[]) => Promise<void>;
  /** Tables that must not be written to from then on, although they hold rows. */
  readonly hold?: (tables: readonly CatalogTable[]) => readonly CatalogTable[];
  /** Names of the migrations that have been run; undefined when they do not matter. */
  readonly applied?: readonly string[];
}

/**
 * Begins the session's transaction. Everything is checked twice: first, so that a refused restore disturbs nobody, and
 * again by the session under the locks that it holds until the end, since whoever held them before may have committed
 * anything.
 */
export async function beginUnderLock(
  session: RestoreSession,
  id: string,
  databases: Database,
  { choose, refuse, hold, applied }: Expected,
): Promise<void> {
  const check = async (tables: readonly CatalogTable[]) => {
    await refuse(tables);
    if (applied) await refuseOtherMigrations(session, databases, applied);
  };
  const held = (tables: readonly CatalogTable[]) => [
    ...(hold?.(tables) ?? []),
    ...(applied ? databases.migrationsTables(tables) : []),
  ];
  const tables = choose(session.tables);
  await check(tables);
  await session.begin(id, tables, { choose, check, hold: held });
}

async function refuseOtherMigrations(
  session: RestoreSession,
  databases: Database,
  expected: readonly string[],
): Promise<void> {
  const found = (await databases.readMigrations(session)).applied.map(({ name }) => name);
  if (found.toSorted().join('\0') !== expected.toSorted().join('\0')) {
    throw tablesChanged('the migrations that have been run');
  }
}
