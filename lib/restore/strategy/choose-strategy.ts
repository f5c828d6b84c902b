import type { Database, TargetDatabase } from '../../database/database.js';
import {
  differingMigrations,
  type MigrationPlan,
  NO_MIGRATIONS,
  pendingIn,
} from '../../database/migrations/migration-plan.js';
import type { MigrationsRecord } from '../../database/migrations/record.js';
import { locationKey } from '../../database/table-location.js';
import { orIgnoreMigrations } from '../../errors/migration-errors.js';
import { hasSameTables, matchEngine, matchMigrations } from '../check-target.js';
import type { OpenedArchive } from '../read/open-archive.js';
import { NonTransactionalRestore } from './non-transactional.js';
import type { RestoreStrategy, StrategyOptions } from './restore-strategy.js';
import { TransactionalRestore } from './transactional.js';
import { TranslatingRestore } from './translating.js';

/**
 * Decides how an archive is brought into the database, depending on the migrations of both.
 * @throws BackupError `RESTORE_REFUSED` when no strategy leads there
 */
export async function chooseStrategy(
  id: string,
  archive: OpenedArchive,
  databases: Database,
  options: StrategyOptions,
): Promise<RestoreStrategy> {
  const { manifest, migrations: archived } = archive;
  const { replace = false, translate = false, ignoreMigrations = false } = options;
  const target = await databases.describeTarget();
  const { from, to } = databases.translation(manifest.database.type);
  if (!translate) {
    matchEngine(manifest, target);
  } else if (manifest.database.type !== target.server.type && from?.family !== to.family) {
    return TranslatingRestore.plan(id, archive, databases, target, options);
  }
  const { restores } = databases;
  const avoidable = hasSameTables(manifest, target);
  try {
    const made = ignoreMigrations ? planWithout(archived, target) : matchMigrations(archived, target);
    const plan = { ...made, avoidable };
    const synchronize = made.forward.length === 0 && archived.applied.length === 0 && lacksTables(databases, target);
    const isEmpty = plan.back.length + plan.forward.length + plan.rest.length === 0 && !synchronize;
    const setting = { id, manifest, target, replace, plan, synchronize, databases };
    return isEmpty || restores.hasTransactionalDdl
      ? new TransactionalRestore(setting)
      : new NonTransactionalRestore(setting);
  } catch (error) {
    throw avoidable ? orIgnoreMigrations(error) : error;
  }
}

/**
 * The target's schema and its record of migrations stay as they are; where there is no schema yet, the migrations
 * create it.
 */
function planWithout(archived: MigrationsRecord, { migrations, tables, mapped }: TargetDatabase): MigrationPlan {
  const ignored = differingMigrations(archived, migrations);
  const isThere = tables.some((table) => mapped.has(locationKey(table)));
  return { ...NO_MIGRATIONS, forward: isThere ? [] : pendingIn(migrations), ignored };
}

/**
 * Whether tables are missing that the application would create at its next start, and that the restore can create
 * all-or-nothing.
 */
function lacksTables(databases: Database, { tables, mapped }: TargetDatabase): boolean {
  if (!databases.synchronizes) return false;
  if (!databases.restores.hasTransactionalDdl) return tables.length === 0;
  const there = new Set(tables.map(locationKey));
  return [...mapped].some((key) => !there.has(key));
}
