import { BackupError } from '../../../../backup.errors.js';
import { locationKey, modelName } from '../../../table-location.js';
import type { CatalogForeignKey, TableLocation } from '../../dialect.js';
import { quoteIdentifier } from '../../quote.js';
import type { SqliteConnection } from '../connection.js';
import { statementFailure } from './errors.js';

/**
 * Has SQLite check the foreign keys of some tables, and those that refer to them from outside.
 * @throws BackupError `RESTORE_FAILED`
 */
export function checkForeignKeys(
  connection: SqliteConnection,
  keys: readonly CatalogForeignKey[],
  tables: readonly TableLocation[],
): void {
  const restored = new Set(tables.map(locationKey));
  const concerned = keys.filter(({ from, to }) => restored.has(locationKey(from)) || restored.has(locationKey(to)));
  const checked = new Map(concerned.map(({ from }) => [locationKey(from), from]));
  for (const [key, table] of checked) {
    const isRestored = restored.has(key);
    try {
      const parent = violatedParent(connection, table, (to) => isRestored || restored.has(locationKey(to)));
      if (parent !== undefined) throw violation(table, parent);
    } catch (error) {
      throw statementFailure(`the foreign keys of table "${modelName(table)}" cannot be checked`, error);
    }
  }
}

/** The first parent that lacks a row; a parent is always in the same file. */
function violatedParent(
  connection: SqliteConnection,
  { schema, name }: TableLocation,
  concerns: (to: TableLocation) => boolean,
): string | undefined {
  const sql = `PRAGMA ${quoteIdentifier(schema ?? 'main')}.foreign_key_check(${quoteIdentifier(name)})`;
  for (const [, , parent] of connection.iterate(sql)) {
    if (concerns({ schema, name: String(parent) })) return String(parent);
  }
  return undefined;
}

function violation({ schema, name }: TableLocation, parent: string): BackupError {
  const [child, other] = [name, parent].map((one) => modelName({ schema, name: one }));
  return BackupError.restoreFailed(`rows of table "${child}" refer to rows of "${other}" that are not there`);
}
