import { isOwnMigration } from './own-migrations.js';
import type { MigrationsRecord } from './record.js';

/**
 * How a target gets to an archive's schema, and from there to the code's. Names, in the order in which they are run.
 */
export interface MigrationPlan {
  /** Run in the target and not in the archive: to be reverted. */
  readonly back: readonly string[];
  /** Run in the archive and not in the target: to be run before the rows are loaded. */
  readonly forward: readonly string[];
  /** Newer than the archive: to be run on the loaded rows. */
  readonly rest: readonly string[];
  /** Run in only one of the two, and ignored on request. */
  readonly ignored?: readonly string[];
  /** The tables are already equal, so a restore would be possible without migrations. */
  readonly avoidable?: boolean;
}

export const NO_MIGRATIONS: MigrationPlan = { back: [], forward: [], rest: [] };

/**
 * Sets of names are compared, because branches are merged out of order. The library's own migration makes no
 * difference: it is never reverted, and is run after the rows if the target lacks it.
 * @returns the plan, or what makes it impossible, in sentences
 */
export function planMigrations(
  archived: MigrationsRecord,
  target: MigrationsRecord,
): { plan: MigrationPlan; differences: readonly string[] } {
  const known = new Set(target.known.map(({ name }) => name));
  const [inArchive, inTarget] = [appliedIn(archived), appliedIn(target)];
  const back = [...inTarget].filter((name) => !inArchive.has(name)).toReversed();
  const missing = [...inArchive].filter((name) => !inTarget.has(name));
  if (inArchive.size === 0) {
    // Its schema was not created by migrations, so none leads to it or away from it.
    const differences = back.map((name) => `Migration "${name}" has been run in the target and not in the archive.`);
    return { plan: NO_MIGRATIONS, differences };
  }
  const differences = [
    ...missing
      .filter((name) => !known.has(name))
      .map((name) => `Migration "${name}" is in the archive and unknown to this application, which is older.`),
    ...back
      .filter((name) => !known.has(name))
      .map((name) => `Migration "${name}" has been run in the target and is unknown to this application.`),
  ];
  const inOrder = [...known];
  const forward = inOrder.filter((name) => inArchive.has(name) && !inTarget.has(name));
  const pending = new Set(pendingIn(target));
  const rest = inOrder.filter((name) => (isOwnMigration(name) ? pending.has(name) : !inArchive.has(name)));
  return { plan: { back, forward, rest }, differences };
}

/** Migrations that the code knows and the database has not run, in order. */
export function pendingIn({ applied, known }: MigrationsRecord): string[] {
  const run = new Set(applied.map(({ name }) => name));
  return known.map(({ name }) => name).filter((name) => !run.has(name));
}

/** Migrations of the application that only one of the two has run, by name. */
export function differingMigrations(archived: MigrationsRecord, target: MigrationsRecord): string[] {
  const [inArchive, inTarget] = [appliedIn(archived), appliedIn(target)];
  return [...new Set([...inArchive, ...inTarget])].filter((name) => inArchive.has(name) !== inTarget.has(name));
}

/** Names without the library's own. */
export function appliedIn({ applied }: MigrationsRecord): ReadonlySet<string> {
  return new Set(applied.map(({ name }) => name).filter((name) => !isOwnMigration(name)));
}
