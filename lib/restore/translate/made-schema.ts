import { randomUUID } from 'node:crypto';
import type { CatalogTable } from '../../database/catalog-table.js';
import type { Database, TargetDatabase } from '../../database/database.js';
import type { SchemaStep } from '../../database/dialects/restore-dialect.js';
import { restoreFailed } from '../../errors/restore-errors.js';
import { codeOf } from '../strategy/non-transactional.js';

/** The schema that a restore creates itself, in a database without tables. */
export interface MadeSchema {
  readonly tables: readonly CatalogTable[];
  /** What creates the tables within the restore's transaction; empty where they already exist. */
  readonly steps: readonly SchemaStep[];
  /** Names of the migrations that created the tables, where they already exist. */
  readonly applied: readonly string[];
  /** Removes what was created. */
  undo(): Promise<void>;
}

/**
 * Creates the schema by the application's migrations or, where it has none and synchronizes, as that would. Where the
 * engine can undo it, the schema is created, examined and undone, to be created again by the restore itself.
 * @returns undefined where there are tables, or nothing that creates any
 * @throws BackupError `RESTORE_REFUSED`, `RESTORE_FAILED`, `ABORTED`
 */
export async function makeSchema(
  databases: Database,
  { tables, migrations }: TargetDatabase,
  signal?: AbortSignal,
): Promise<MadeSchema | undefined> {
  const names = migrations.known.map(({ name }) => name);
  if (tables.length > 0 || (names.length === 0 && !databases.synchronizes)) return undefined;
  return databases.restores.hasTransactionalDdl ? tried(databases, names, signal) : recorded(databases, names);
}

async function tried(databases: Database, names: readonly string[], signal?: AbortSignal): Promise<MadeSchema> {
  const { migrations, restores } = databases;
  const steps =
    names.length > 0 ? [migrations.connectStep(), ...migrations.steps('up', names)] : [migrations.synchronizeStep()];
  const session = await restores.openRestore(signal);
  try {
    await session.begin(randomUUID(), []);
    await session.ddl!.alter(steps);
    return { tables: session.tables, steps, applied: [], undo: async () => {} };
  } finally {
    await session.close();
  }
}

async function recorded(databases: Database, names: readonly string[]): Promise<MadeSchema> {
  const record = await databases.restores.recordSchema!();
  const undo = () => record.undo(names, false);
  try {
    const { migrations } = databases;
    await (names.length > 0 ? migrations.run(names, record) : migrations.synchronize(record));
    await record.seal();
    const { tables } = await databases.describeTarget();
    return { tables, steps: [], applied: names, undo };
  } catch (error) {
    await undo().catch(() => {});
    const { migration } = error as { migration?: string };
    const what = migration === undefined ? 'the schema could not be made' : `migration "${migration}" failed`;
    throw restoreFailed(what, codeOf(migration === undefined ? error : (error as Error).cause));
  } finally {
    await record.close();
  }
}
