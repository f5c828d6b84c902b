import type { BackupManifest } from '../../backup/manifest.js';
import type { Target } from '../../database/database.js';
import type { RestoreSession, SchemaStep } from '../../database/dialects/restore-dialect.js';
import type { MigrationPlan } from '../../database/migrations/plan.js';
import type { MigrationRunner } from '../../database/migrations/runner.js';
import { locationKey } from '../../database/table-location.js';
import { matchTables, refuseRows } from '../check-target.js';
import type { MatchedTables, MigrationPath } from './migration-path.js';

/** Everything in the one transaction of the restore; also the path without any migration. */
export class WithinTransaction implements MigrationPath {
  private readonly before: readonly SchemaStep[];
  private readonly after: readonly SchemaStep[];

  /** @throws BackupError `RESTORE_REFUSED` when a migration cannot be part of a transaction */
  constructor(
    private readonly id: string,
    private readonly manifest: BackupManifest,
    private readonly target: Target,
    private readonly replace: boolean,
    readonly plan: MigrationPlan,
    migrations: MigrationRunner,
  ) {
    const { back, forward, rest } = plan;
    this.before = [...migrations.steps('down', back), ...migrations.steps('up', forward)];
    this.after = migrations.steps('up', rest);
  }

  async prepare(): Promise<void> {}

  async begin(session: RestoreSession): Promise<MatchedTables> {
    if (this.before.length === 0) {
      const matched = this.match(session);
      await this.empty(session, targets(matched));
      return matched;
    }
    const concerned = new Set([...this.target.mapped, ...this.manifest.tables.map(keyOf)]);
    await this.empty(
      session,
      session.tables.filter((table) => concerned.has(locationKey(table))),
    );
    await session.ddl!.alter(this.before);
    const matched = this.match(session);
    // Migrations may have written rows, too.
    await session.ddl!.empty(targets(matched));
    return matched;
  }

  async complete(session: RestoreSession): Promise<void> {
    if (this.after.length > 0) await session.ddl!.alter(this.after);
  }

  async settle(): Promise<undefined> {}

  async undo(): Promise<void> {}

  private match(session: RestoreSession): MatchedTables {
    return matchTables(this.manifest, session, this.target);
  }

  private async empty(session: RestoreSession, tables: RestoreSession['tables']): Promise<void> {
    if (!this.replace) await refuseRows(session, tables);
    await session.begin(this.id, tables);
  }
}

const targets = (matched: MatchedTables) => matched.map(({ target }) => target);

const keyOf = ({ schema, table }: BackupManifest['tables'][number]) => locationKey({ schema, name: table });
