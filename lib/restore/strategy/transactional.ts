import type { CatalogTable } from '../../database/catalog-table.js';
import type { RestoreSession, SchemaStep } from '../../database/dialects/restore-dialect.js';
import type { MigrationPlan } from '../../database/migrations/migration-plan.js';
import { locationKey } from '../../database/table-location.js';
import type { BackupManifest } from '../../manifest/manifest.js';
import { matchTables } from '../check-target.js';
import type { TargetContent } from '../target-content.js';
import { beginUnderLock, type MatchedTables, type RestoreSetting, type RestoreStrategy } from './restore-strategy.js';

/** Everything in the single transaction of the restore, whether or not there are migrations. */
export class TransactionalRestore implements RestoreStrategy {
  private readonly before: readonly SchemaStep[];
  private readonly after: readonly SchemaStep[];

  /** @throws BackupError `RESTORE_REFUSED` when a migration cannot be part of a transaction */
  constructor(private readonly setting: RestoreSetting) {
    const { plan, synchronize, databases } = setting;
    const { migrations } = databases;
    const { back, forward, rest } = plan;
    const connected = (steps: SchemaStep[]) => (steps.length > 0 ? [migrations.connectStep(), ...steps] : steps);
    const there = connected([...migrations.steps('down', back), ...migrations.steps('up', forward)]);
    this.before = synchronize ? [...there, migrations.synchronizeStep()] : there;
    this.after = connected(migrations.steps('up', rest));
  }

  get plan(): MigrationPlan {
    return this.setting.plan;
  }

  async foresee(session: RestoreSession, content: TargetContent): Promise<void> {
    await content.check(session, this.choose(session.tables));
  }

  async begin(session: RestoreSession, content: TargetContent): Promise<MatchedTables> {
    const refuse = (tables: readonly CatalogTable[]) => content.check(session, tables);
    const applied = this.setting.target.migrations.applied.map(({ name }) => name);
    const choose = (tables: readonly CatalogTable[]) => this.choose(tables);
    await beginUnderLock(session, this.setting.id, this.setting.databases, { choose, refuse, applied });
    if (this.before.length === 0) return this.match(session.tables);
    await session.ddl!.alter(this.before);
    const matched = this.match(session.tables);
    // Migrations may have written rows, too.
    await session.ddl!.empty(targets(matched));
    return matched;
  }

  async complete(session: RestoreSession): Promise<void> {
    if (this.after.length > 0) await session.ddl!.alter(this.after);
  }

  private choose(tables: readonly CatalogTable[]): readonly CatalogTable[] {
    return this.before.length === 0 ? targets(this.match(tables)) : this.concerned(tables);
  }

  private match(tables: readonly CatalogTable[]): MatchedTables {
    return matchTables(this.setting.manifest, tables, this.setting.target);
  }

  /** The tables concerned, as they are before any migration. */
  private concerned(tables: readonly CatalogTable[]): CatalogTable[] {
    const concerned = new Set([...this.setting.target.mapped, ...this.setting.manifest.tables.map(keyOf)]);
    return tables.filter((table) => concerned.has(locationKey(table)));
  }
}

const targets = (matched: MatchedTables) => matched.map(({ target }) => target);

const keyOf = ({ schema, table }: BackupManifest['tables'][number]) => locationKey({ schema, name: table });
