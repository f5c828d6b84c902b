import type { MigrationsRecord } from './migrations.js';

/**
 * What keeps rows of one migration history from being loaded into another, in sentences; nothing when both databases have
 * run the same migrations. Sets are compared, because branches are merged out of order.
 */
export function compareMigrations(archived: MigrationsRecord, target: MigrationsRecord): string[] {
  const known = new Set(target.known.map(({ name }) => name));
  const names = (record: MigrationsRecord) => new Set(record.applied.map(({ name }) => name));
  const [inArchive, inTarget] = [names(archived), names(target)];
  const differences: string[] = [];
  for (const name of inArchive) {
    if (inTarget.has(name)) continue;
    differences.push(
      known.has(name)
        ? `Migration "${name}" is in the archive and has not been run in the target.`
        : `Migration "${name}" is in the archive and unknown to this application, which is older.`,
    );
  }
  for (const name of inTarget) {
    if (!inArchive.has(name))
      differences.push(`Migration "${name}" has been run in the target and not in the archive.`);
  }
  return differences;
}
