import { locationKey, type TableLocation } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import type { SqliteConnection } from '../connection.js';
import { staleVirtualTable, type VirtualTable } from '../virtual-tables.js';
import type { LongStatements, TargetConnection } from './open-files.js';

/**
 * Rebuilds search indexes that read a restored table or view: the triggers that keep them up to date did not fire.
 * @returns sentences about virtual tables that may no longer match the rows
 */
export async function rebuildSearchIndexes(
  target: Pick<TargetConnection, 'connection' | 'long'>,
  virtual: readonly VirtualTable[],
  restored: readonly TableLocation[],
): Promise<string[]> {
  const schemas = new Set(restored.map(({ schema }) => schema));
  const stale: string[] = [];
  for (const table of virtual) {
    if (!schemas.has(table.schema) || !needsRebuild(target.connection, table, restored)) continue;
    const remark = (await rebuild(target.long, table)) ? undefined : staleVirtualTable(table);
    if (remark !== undefined) stale.push(remark);
  }
  return stale;
}

/** An index that reads only tables that were not restored is still valid. */
function needsRebuild(
  connection: SqliteConnection,
  { schema, content }: VirtualTable,
  restored: readonly TableLocation[],
): boolean {
  if (content === undefined) return true;
  const key = ({ name, ...rest }: TableLocation) => locationKey({ ...rest, name: name.toLowerCase() });
  const source = key({ schema, name: content });
  if (restored.some((table) => key(table) === source)) return true;
  const sql = `SELECT 1 FROM ${quoteIdentifier(schema ?? 'main')}.sqlite_master WHERE type = 'view' AND lower(name) = lower(?)`;
  return connection.all(sql, [content]).length > 0;
}

async function rebuild(long: LongStatements, { schema, name, content }: VirtualTable): Promise<boolean> {
  if (content === undefined) return false;
  const table = quoteIdentifier(name);
  await long.exec('SAVEPOINT nestjs_backup_rebuild');
  try {
    await long.exec(`INSERT INTO ${quoteIdentifier(schema ?? 'main')}.${table} (${table}) VALUES ('rebuild')`);
    return true;
  } catch {
    await long.exec('ROLLBACK TO nestjs_backup_rebuild');
    return false;
  } finally {
    await long.exec('RELEASE nestjs_backup_rebuild');
  }
}
