import type { MigrationsRecord } from './record.js';

/** The way of a target to an archive's schema, and from there to the code's. Names, in the order in which they are run. */
export interface MigrationPlan {
  /** Run in the target and not in the archive: to be reverted. */
  readonly back: readonly string[];
  /** Run in the archive and not in the target: to be run before the rows are loaded. */
  readonly forward: readonly string[];
  /** Newer than the archive: to be run on the loaded rows. */
  readonly rest: readonly string[];
}

export const NO_MIGRATIONS: MigrationPlan = { back: [], forward: [], rest: [] };

/**
 * Sets of names are compared, because branches are merged out of order.
 * @returns the plan, or what makes it impossible, in sentences
 */
export function planMigrations(
  archived: MigrationsRecord,
  target: MigrationsRecord,
): { plan: MigrationPlan; differences: readonly string[] } {
  const known = new Set(target.known.map(({ name }) => name));
  const [inArchive, inTarget] = [namesOf(archived.applied), namesOf(target.applied)];
  const back = [...inTarget].filter((name) => !inArchive.has(name)).toReversed();
  const missing = [...inArchive].filter((name) => !inTarget.has(name));
  if (inArchive.size === 0) {
    // Its schema was not made by migrations, so none leads there, and none from there.
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
  const rest = inOrder.filter((name) => !inArchive.has(name));
  return { plan: { back, forward, rest }, differences };
}

function namesOf(list: ReadonlyArray<{ readonly name: string }>): ReadonlySet<string> {
  return new Set(list.map(({ name }) => name));
}
