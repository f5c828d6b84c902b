import { BackupError } from '../../../../backup.errors.js';
import { modelName } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import type { SqliteTable } from '../catalog.js';
import type { SqliteConnection } from '../connection.js';

/** Every foreign key from or to the loaded tables. @throws BackupError `RESTORE_FAILED`, naming the tables */
export function checkForeignKeys(connection: SqliteConnection, tables: readonly SqliteTable[]): void {
  for (const schema of new Set(tables.map((table) => table.schema))) {
    const loaded = new Set(tables.filter((table) => table.schema === schema).map(({ name }) => name.toLowerCase()));
    for (const [child, , parent] of connection.iterate(
      `PRAGMA ${quoteIdentifier(schema ?? 'main')}.foreign_key_check`,
    )) {
      if (!loaded.has(String(child).toLowerCase()) && !loaded.has(String(parent).toLowerCase())) continue;
      const name = modelName({ schema, name: String(child) });
      throw BackupError.restoreFailed(`rows of "${name}" refer to rows of "${String(parent)}" that are not there`);
    }
  }
}
