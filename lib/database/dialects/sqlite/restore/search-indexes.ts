import { locationKey, type TableLocation } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import type { SqliteConnection } from '../connection.js';
import { staleVirtualTable, type VirtualTable } from '../virtual-tables.js';

/**
 * Rebuilds search indexes that read a restored table or view: the triggers that keep them up to date did not fire.
 * @returns sentences about virtual tables that may no longer match the rows
 */
export function rebuildSearchIndexes(
  connection: SqliteConnection,
  virtual: readonly VirtualTable[],
  restored: readonly TableLocation[],
): string[] {
  const schemas = new Set(restored.map(({ schema }) => schema));
  return virtual
    .filter(({ schema }) => schemas.has(schema))
    .filter((table) => needsRebuild(connection, table, restored) && !rebuild(connection, table))
    .flatMap((table) => staleVirtualTable(table) ?? []);
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

function rebuild(connection: SqliteConnection, { schema, name, content }: VirtualTable): boolean {
  if (content === undefined) return false;
  const table = quoteIdentifier(name);
  connection.exec('SAVEPOINT nestjs_backup_rebuild');
  try {
    connection.exec(`INSERT INTO ${quoteIdentifier(schema ?? 'main')}.${table} (${table}) VALUES ('rebuild')`);
    return true;
  } catch {
    connection.exec('ROLLBACK TO nestjs_backup_rebuild');
    return false;
  } finally {
    connection.exec('RELEASE nestjs_backup_rebuild');
  }
}
