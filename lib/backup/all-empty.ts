import type { BackupManifest } from '../manifest/manifest.js';

/**
 * For people: the connection may be to a database that was only just created.
 * @returns undefined when there are rows, or no tables that could hold them
 */
export function allEmpty({ tables }: BackupManifest): string | undefined {
  const saved = tables.filter(({ excluded }) => !excluded);
  if (saved.length === 0 || saved.some(({ rows }) => rows > 0)) return undefined;
  const which = saved.length === 1 ? 'the only table is' : `all ${saved.length} tables are`;
  return `${which} empty; is this the right database?`;
}
