import type { BackupManifest } from '../manifest/manifest.js';
import { plural } from '../support/plural.js';

/** What a backup holds, for the log. */
export function summary({ tables, files, complete }: BackupManifest): string {
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const count = Object.values(files).reduce((sum, directory) => sum + directory.count, 0);
  const left = complete ? '' : ', but files were skipped: see its manifest';
  return `${counted(tables.length, 'table')}, ${counted(rows, 'row')}, ${counted(count, 'file')}${left}`;
}

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

function counted(count: number, noun: string): string {
  return `${count} ${plural(noun, count)}`;
}
