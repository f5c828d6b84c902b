import { BackupError } from '../../backup.errors.js';
import type { Database, Target } from '../../database/database.js';
import type { CatalogTable } from '../../database/dialects/dialect.js';
import type { RestoreSession } from '../../database/dialects/restore-dialect.js';
import { NO_MIGRATIONS } from '../../database/migrations/plan.js';
import { locationKey, modelName } from '../../database/table-location.js';
import { beginUnderLock } from '../begin-under-lock.js';
import { refuseRows } from '../check-target.js';
import type { MatchedTables, MigrationPath } from '../migrations/migration-path.js';
import type { OpenedArchive } from '../read/open-archive.js';
import type { RestoreOptions } from '../restore-report.js';
import { makeTranslation, type Translation } from './make-translation.js';
import { describeProblem } from './plan.js';

/** Into another engine: the target's schema is its own and stays as it is, the rows are written anew. */
export class TranslatedPath implements MigrationPath {
  readonly plan = NO_MIGRATIONS;

  private constructor(
    private readonly id: string,
    private readonly replace: boolean,
    private readonly databases: Database,
    private readonly applied: readonly string[],
    readonly translation: Translation,
  ) {}

  /** @throws BackupError `RESTORE_REFUSED` for what cannot be carried; in a dry run the plan says it instead */
  static async plan(
    id: string,
    archive: OpenedArchive,
    databases: Database,
    { server, tables, migrations }: Target,
    { replace = false, dryRun = false, signal }: RestoreOptions,
  ): Promise<TranslatedPath> {
    const { type } = archive.manifest.database;
    const { from, to } = databases.translation(type);
    if (!from) throw BackupError.restoreRefused(`archives of ${type} cannot be translated`, 'Use another backup.');
    const run = new Set(migrations.applied.map(({ name }) => name));
    const pending = migrations.known.find(({ name }) => !run.has(name));
    if (pending) {
      const problem = `migration "${pending.name}" has not been run in the target, whose schema takes the rows`;
      throw BackupError.restoreRefused(problem, 'Run the application’s migrations first.');
    }
    const target = { type: server.type, tables, model: databases.model, values: to };
    const translation = await makeTranslation(archive, target, { from, to }, signal);
    if (!dryRun) refuseProblems(translation);
    return new TranslatedPath(id, replace, databases, [...run], translation);
  }

  async prepare(): Promise<void> {}

  async begin(session: RestoreSession, refuseFiles: () => Promise<void>): Promise<MatchedTables> {
    const { id, databases, applied } = this;
    const choose = (tables: readonly CatalogTable[]) => this.match(tables).map(({ target }) => target);
    const refuse = async (tables: readonly CatalogTable[]) => {
      if (!this.replace) await refuseRows(session, tables);
      await refuseFiles();
    };
    await beginUnderLock(session, id, databases, { choose, refuse, applied });
    return this.match(session.tables);
  }

  async complete(): Promise<void> {}

  async settle(): Promise<undefined> {}

  async undo(): Promise<void> {}

  /** The plan was made of the tables as they were. @throws BackupError `RESTORE_REFUSED` when they are others now */
  private match(tables: readonly CatalogTable[]): MatchedTables {
    const there = new Map(tables.map((table) => [locationKey(table), table]));
    return this.translation.tables.map(({ match }) => {
      const target = there.get(locationKey(match.target));
      if (!target || definition(target) !== definition(match.target)) {
        throw BackupError.tablesChanged(`table "${modelName(match.target)}"`);
      }
      const columns = match.columns.map((column) => column.target);
      return { target, archived: { ...match.archived, columns } };
    });
  }
}

const definition = ({ columns, primaryKey }: CatalogTable) => JSON.stringify([columns, primaryKey]);

function refuseProblems({ plan: { from, to, problems } }: Translation): void {
  if (problems.length === 0) return;
  throw BackupError.restoreRefused(
    `not everything can be carried from ${from} to ${to}:\n- ${problems.map(describeProblem).join('.\n- ')}`,
    'Mend that in the source and back it up again, or change the target’s columns; --dry-run shows the whole plan.',
  );
}
