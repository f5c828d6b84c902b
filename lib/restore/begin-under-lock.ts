import type { CatalogTable } from '../database/catalog-table.js';
import type { Database } from '../database/database.js';
import type { RestoreSession } from '../database/dialects/restore-dialect.js';
import { tablesChanged } from '../errors/restore-errors.js';

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
