import type { Database } from '../../database/database.js';
import { matchEngine, matchMigrations } from '../check-target.js';
import type { OpenedArchive } from '../read/open-archive.js';
import type { RestoreOptions } from '../restore-report.js';
import { TranslatedPath } from '../translate/translated-path.js';
import { AroundTransaction } from './around-transaction.js';
import type { MigrationPath } from './migration-path.js';
import { WithinTransaction } from './within-transaction.js';

/**
 * Decides how an archive gets into the database, by the migrations of both.
 * @throws BackupError `RESTORE_REFUSED` when no path leads there
 */
export async function choosePath(
  id: string,
  archive: OpenedArchive,
  databases: Database,
  options: RestoreOptions,
): Promise<MigrationPath> {
  const { manifest, migrations: archived } = archive;
  const { replace = false, translate = false } = options;
  const target = await databases.describeTarget();
  const { from, to } = databases.translation(manifest.database.type);
  if (!translate) matchEngine(manifest, target);
  else if (manifest.database.type !== target.server.type && from?.family !== to.family) {
    return TranslatedPath.plan(id, archive, databases, target, options);
  }
  const plan = matchMigrations(archived, target);
  const { restores } = databases;
  const isEmpty = plan.back.length + plan.forward.length + plan.rest.length === 0;
  return isEmpty || restores.hasTransactionalDdl
    ? new WithinTransaction(id, manifest, target, replace, plan, databases)
    : new AroundTransaction(id, manifest, target, replace, plan, databases);
}
