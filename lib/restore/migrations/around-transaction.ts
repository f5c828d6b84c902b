import { BackupError } from '../../backup.errors.js';
import type { BackupManifest } from '../../backup/manifest.js';
import type { Target } from '../../database/database.js';
import type { RestoreSession } from '../../database/dialects/restore-dialect.js';
import type { MigrationPlan } from '../../database/migrations/plan.js';
import { MigrationError, type MigrationRunner } from '../../database/migrations/runner.js';
import { modelName } from '../../database/table-location.js';
import { matchTables, refuseRows } from '../check-target.js';
import type { MatchedTables, MigrationPath } from './migration-path.js';

const WHY = 'this database commits every change of the schema at once, so it could not be undone';

/**
 * For engines that commit DDL: migrations are run before and after the transaction, and only where no row can be lost by
 * one that fails, in a database without rows.
 */
export class AroundTransaction implements MigrationPath {
  private prepared = false;

  /** @throws BackupError `RESTORE_REFUSED` when the target would have to be changed in a way that cannot be undone */
  constructor(
    private readonly id: string,
    private readonly manifest: BackupManifest,
    private readonly target: Target,
    readonly plan: MigrationPlan,
    private readonly migrations: MigrationRunner,
  ) {
    const [newer] = plan.back;
    if (newer !== undefined) {
      throw BackupError.migrationRefused(`migration "${newer}" would have to be reverted, and ${WHY}`);
    }
    const [there] = target.tables;
    if (plan.forward.length === 0 || !there) return;
    throw BackupError.migrationRefused(
      `migration "${plan.forward[0]!}" would have to be run on a database that holds the table "${modelName(there)}", and ${WHY}`,
    );
  }

  async prepare(): Promise<void> {
    if (this.plan.forward.length === 0) return;
    this.prepared = true;
    const failure = await this.run(this.plan.forward);
    if (failure) throw BackupError.restoreFailed(`migration "${failure.migration}" failed`, failure.cause);
  }

  async begin(session: RestoreSession): Promise<MatchedTables> {
    const matched = matchTables(this.manifest, session, this.target);
    const tables = matched.map(({ target }) => target);
    // Those that the migrations have just written are not anybody's.
    if (!this.prepared) {
      const [next] = this.plan.rest;
      await refuseRows(
        session,
        tables,
        `Migration "${next!}" has to be run on the restored rows, and ${WHY}: restore into an empty database.`,
      );
    }
    await session.begin(this.id, tables);
    return matched;
  }

  async complete(): Promise<void> {}

  async settle(): Promise<BackupError | undefined> {
    const { rest } = this.plan;
    const failure = await this.run(rest);
    if (!failure) return undefined;
    const { migration, cause } = failure;
    if (this.prepared && (await this.undone()))
      throw BackupError.restoreFailed(`migration "${migration}" failed`, cause);
    return BackupError.migrationFailed(migration, rest.slice(rest.indexOf(migration)), cause);
  }

  async undo(): Promise<void> {
    if (!this.prepared) return;
    this.prepared = false;
    await this.migrations.clear();
  }

  private undone(): Promise<boolean> {
    return this.undo().then(
      () => true,
      () => false,
    );
  }

  /** @returns the migration that failed, and why */
  private async run(names: readonly string[]): Promise<{ migration: string; cause: unknown } | undefined> {
    try {
      await this.migrations.run(names);
      return undefined;
    } catch (error) {
      return error instanceof MigrationError
        ? { migration: error.migration, cause: codeOf(error.cause) }
        : { migration: names[0]!, cause: codeOf(error) };
    }
  }
}

/** A driver's message quotes values, and its statement holds them. */
function codeOf(error: unknown): unknown {
  const { code, query, message } = (error ?? {}) as Record<string, string | undefined>;
  return query === undefined ? new Error(message) : Object.assign(new Error('A statement was refused'), { code });
}
