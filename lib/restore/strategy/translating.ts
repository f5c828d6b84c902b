import type { CatalogTable } from '../../database/catalog-table.js';
import type { Database, TargetDatabase } from '../../database/database.js';
import type { RestoreSession } from '../../database/dialects/restore-dialect.js';
import { NO_MIGRATIONS } from '../../database/migrations/migration-plan.js';
import { locationKey, modelName } from '../../database/table-location.js';
import { restoreRefused, restoreRefusedFor, tablesChanged } from '../../errors/restore-errors.js';
import type { OpenedArchive } from '../read/open-archive.js';
import type { TargetContent } from '../target-content.js';
import { type MadeSchema, makeSchema } from '../translate/made-schema.js';
import { makeTranslation, type Translation } from '../translate/make-translation.js';
import { describeProblem } from '../translate/translation-plan.js';
import { beginUnderLock, type MatchedTables, type RestoreStrategy, type StrategyOptions } from './restore-strategy.js';

/** Into another engine: the target's schema stays as it is or is created, and the rows are converted. */
export class TranslatingRestore implements RestoreStrategy {
  readonly plan = NO_MIGRATIONS;

  private constructor(
    private readonly id: string,
    private readonly databases: Database,
    private readonly applied: readonly string[],
    private readonly made: MadeSchema | undefined,
    readonly translation: Translation,
  ) {}

  /** @throws BackupError `RESTORE_REFUSED` for what cannot be converted; in a dry run the plan reports it instead */
  static async plan(
    id: string,
    archive: OpenedArchive,
    databases: Database,
    goal: TargetDatabase,
    { dryRun = false, signal, onPlan, onRead }: StrategyOptions,
  ): Promise<TranslatingRestore> {
    const { server, migrations } = goal;
    const { type } = archive.manifest.database;
    const { from, to } = databases.translation(type);
    if (!from) throw restoreRefused(`archives of ${type} cannot be translated`, 'Use another backup.');
    const run = new Set(migrations.applied.map(({ name }) => name));
    const pending = migrations.known.find(({ name }) => !run.has(name));
    if (pending && goal.tables.length > 0) {
      const problem = `migration "${pending.name}" has not been run in the target, whose schema the rows are written into`;
      throw restoreRefused(problem, 'Run the application’s migrations first.');
    }
    const made = await makeSchema(databases, goal, signal);
    try {
      const { tables } = made ?? goal;
      const target = { type: server.type, tables, model: databases.model, values: to };
      onPlan?.();
      const translation = await makeTranslation(archive, target, { from, to }, { signal, onRead });
      if (!dryRun) refuseProblems(translation);
      return new TranslatingRestore(id, databases, [...run, ...(made?.applied ?? [])], made, translation);
    } catch (error) {
      await made?.undo().catch(() => {});
      throw error;
    }
  }

  async foresee(session: RestoreSession, content: TargetContent): Promise<void> {
    if (this.made) return;
    const matched = this.match(session.tables);
    await content.check(
      session,
      matched.map(({ target }) => target),
    );
  }

  async begin(session: RestoreSession, content: TargetContent): Promise<MatchedTables> {
    const { id, databases, applied } = this;
    const steps = this.made?.steps ?? [];
    const choose = (tables: readonly CatalogTable[]) => {
      if (steps.length > 0) return tables.length === 0 ? [] : refuseOthers();
      return this.match(tables).map(({ target }) => target);
    };
    const refuse = (tables: readonly CatalogTable[]) => content.check(session, tables);
    await beginUnderLock(session, id, databases, { choose, refuse, applied });
    if (steps.length === 0) return this.match(session.tables);
    await session.ddl!.alter(steps);
    const matched = this.match(session.tables);
    // Migrations may have written rows.
    await session.ddl!.empty(matched.map(({ target }) => target));
    return matched;
  }

  async undo(): Promise<void> {
    await this.made?.undo();
  }

  /**
   * The plan was made for the tables as they were. @throws BackupError `RESTORE_REFUSED` when they have changed since
   */
  private match(tables: readonly CatalogTable[]): MatchedTables {
    const there = new Map(tables.map((table) => [locationKey(table), table]));
    return this.translation.tables.map(({ match }) => {
      const target = there.get(locationKey(match.target));
      if (!target || definition(target) !== definition(match.target)) {
        throw tablesChanged(`table "${modelName(match.target)}"`);
      }
      const columns = match.columns.map((column) => column.target);
      return { target, archived: { ...match.archived, columns } };
    });
  }
}

const definition = ({ columns, primaryKey }: CatalogTable) => JSON.stringify([columns, primaryKey]);

function refuseOthers(): never {
  throw tablesChanged();
}

function refuseProblems({ plan: { from, to, problems } }: Translation): void {
  if (problems.length === 0) return;
  throw restoreRefusedFor(
    `not everything can be converted from ${from} to ${to}`,
    problems.map(describeProblem),
    'Fix that in the source and make another backup, or change the target’s columns; --dry-run shows the whole plan.',
  );
}
