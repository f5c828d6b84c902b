import type { CatalogTable } from '../../database/catalog-table.js';
import type { RestoreSession, SchemaRecord } from '../../database/dialects/restore-dialect.js';
import type { MigrationPlan } from '../../database/migrations/migration-plan.js';
import { isOwnMigration } from '../../database/migrations/own-migrations.js';
import { MigrationError } from '../../database/migrations/runner.js';
import { modelName } from '../../database/table-location.js';
import { BackupError } from '../../errors/backup-error.js';
import { migrationFailed, migrationRefused } from '../../errors/migration-errors.js';
import { restoreFailed } from '../../errors/restore-errors.js';
import { matchTables } from '../check-target.js';
import { exportedOf } from '../read-back.js';
import type { TargetContent } from '../target-content.js';
import { beginUnderLock, type MatchedTables, type RestoreSetting, type RestoreStrategy } from './restore-strategy.js';

const WHY = 'this database commits every schema change immediately, so it could not be undone';

/**
 * For engines that commit DDL: migrations are run before and after the transaction, and only in a database without
 * rows, where a failing one cannot lose any.
 */
export class NonTransactionalRestore implements RestoreStrategy {
  private prepared = false;
  /** What the migrations have written, table by table. */
  private written: string | undefined;
  private record: SchemaRecord | undefined;

  /** @throws BackupError `RESTORE_REFUSED` when the target would have to be changed in a way that cannot be undone */
  constructor(private readonly setting: RestoreSetting) {
    const { plan, target } = setting;
    const [newer] = plan.back;
    if (newer !== undefined) {
      throw migrationRefused(`migration "${newer}" would have to be reverted, and ${WHY}`);
    }
    const [there] = target.tables;
    if (plan.forward.length === 0 || !there) return;
    throw migrationRefused(
      `migration "${plan.forward[0]!}" would have to be run on a database that holds the table "${modelName(there)}", and ${WHY}`,
    );
  }

  get plan(): MigrationPlan {
    return this.setting.plan;
  }

  async foresee(session: RestoreSession, content: TargetContent): Promise<void> {
    if (this.createsTables) return;
    const matched = matchTables(this.setting.manifest, session.tables, this.setting.target);
    const tables = matched.map(({ target }) => target);
    await this.refuse(session, tables, content);
  }

  async prepare(): Promise<void> {
    if (!this.createsTables) return;
    this.record = await this.setting.databases.restores.recordSchema?.();
    this.prepared = true;
    if (this.setting.synchronize) await this.makeTables();
    const failure = await this.run(this.plan.forward);
    if (failure) throw failedBefore(failure);
    await this.record?.seal();
    await this.record?.close();
  }

  async begin(session: RestoreSession, content: TargetContent): Promise<MatchedTables> {
    const match = (tables: readonly CatalogTable[]) => matchTables(this.setting.manifest, tables, this.setting.target);
    const choose = (tables: readonly CatalogTable[]) => match(tables).map(({ target }) => target);
    const refuse = (tables: readonly CatalogTable[]) =>
      this.prepared ? this.refuseOthersRows(session, tables, content) : this.refuse(session, tables, content);
    const { target, plan, id, databases } = this.setting;
    const applied = [...target.migrations.applied.map(({ name }) => name), ...plan.forward];
    // Tables with rows written by migrations are not empty, so other sessions may be about to commit theirs.
    const hold = this.prepared && !this.setting.replace ? choose : undefined;
    await beginUnderLock(session, id, databases, { choose, refuse, applied, hold });
    return match(session.tables);
  }

  async settle(): Promise<BackupError | undefined> {
    const { rest } = this.plan;
    const failure = await this.run(rest);
    if (!failure) return undefined;
    const { migration, cause } = failure;
    if (this.prepared && (await this.undone())) throw failedBefore(failure);
    return migrationFailed(migration, rest.slice(rest.indexOf(migration)), cause);
  }

  async undo(): Promise<void> {
    await this.undoAll(false);
  }

  private get createsTables(): boolean {
    return this.plan.forward.length > 0 || this.setting.synchronize;
  }

  private async makeTables(): Promise<void> {
    try {
      await this.setting.databases.migrations.synchronize(this.record!);
    } catch (error) {
      throw restoreFailed('creating the schema as the option synchronize does failed', codeOf(error));
    } finally {
      await this.record?.close();
    }
  }

  private async refuse(
    session: RestoreSession,
    tables: readonly CatalogTable[],
    content: TargetContent,
  ): Promise<void> {
    const next = this.plan.rest.find((name) => !isOwnMigration(name));
    const obstacle = next && `migration "${next}" has to be run on the restored rows, and ${WHY}`;
    await content.check(session, tables, obstacle);
  }

  /** Rows that the migrations have just written belong to nobody else. */
  private async refuseOthersRows(
    session: RestoreSession,
    tables: readonly CatalogTable[],
    content: TargetContent,
  ): Promise<void> {
    if (this.setting.replace) return content.check(session, []);
    const occupied = await session.occupied(tables);
    const ofOthers = occupied.filter((table) => !this.record?.mayHaveWritten(table));
    await content.check(session, ofOthers);
    const found: string[] = [];
    for (const table of occupied) {
      const { digest } = await exportedOf(session, table);
      found.push(`${modelName(table)} ${digest}`);
    }
    this.written ??= found.join('\n');
    if (this.written !== found.join('\n')) await content.check(session, tables);
  }

  private async undoAll(committed: boolean): Promise<void> {
    if (!this.prepared) return;
    this.prepared = false;
    await this.setting.databases.restores.forget(this.setting.id);
    await this.record?.undo([...this.plan.forward, ...this.plan.rest], committed);
  }

  private undone(): Promise<boolean> {
    return this.undoAll(true).then(
      () => true,
      () => false,
    );
  }

  private async run(names: readonly string[]): Promise<Failure | undefined> {
    try {
      await this.setting.databases.migrations.run(names, this.record);
      return undefined;
    } catch (error) {
      return error instanceof MigrationError
        ? { migration: error.migration, cause: codeOf(error.cause) }
        : { migration: names[0]!, cause: codeOf(error) };
    } finally {
      await this.record?.close();
    }
  }
}

/** The migration that failed, and why. */
interface Failure {
  readonly migration: string;
  readonly cause: unknown;
}

/** Nothing remains of the restore. */
function failedBefore({ migration, cause }: Failure): BackupError {
  return cause instanceof BackupError ? cause : restoreFailed(`migration "${migration}" failed`, cause);
}

/** A driver's message may quote values, and its statement contains them. */
export function codeOf(error: unknown): unknown {
  if (error instanceof BackupError) return error;
  const { code, query, message } = (error ?? {}) as Record<string, string | undefined>;
  return query === undefined ? new Error(message) : Object.assign(new Error('A statement was refused'), { code });
}
