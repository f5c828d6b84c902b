import type { TableLocation } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import type { SqliteConnection } from '../connection.js';

/** How SQLite starts the text of every trigger; it omits the schema. */
const CREATE = 'CREATE TRIGGER ';

/** A trigger as in `sqlite_master`. */
export interface Trigger {
  readonly schema: string;
  readonly name: string;
  readonly sql: string;
}

/**
 * Drops the triggers of some tables, inside the transaction.
 * @returns them in the order of their creation, in which they also fire
 */
export function dropTriggers(connection: SqliteConnection, tables: readonly TableLocation[]): Trigger[] {
  const schemas = new Set(tables.map(({ schema }) => schema ?? 'main'));
  // A temporary trigger may belong to any table; only its text says in which schema.
  const triggers = [...schemas, 'temp'].flatMap((schema) => {
    const own = tables.filter((table) => schema === 'temp' || (table.schema ?? 'main') === schema);
    const names = new Set(own.map(({ name }) => name.toLowerCase()));
    return connection
      .all(
        `SELECT name, sql, tbl_name FROM ${quoteIdentifier(schema)}.sqlite_master WHERE type = 'trigger' ORDER BY rowid`,
      )
      .filter(([, , table]) => names.has(String(table).toLowerCase()))
      .map(([name, sql]) => ({ schema, name: String(name), sql: String(sql) }));
  });
  for (const { schema, name } of triggers) {
    connection.exec(`DROP TRIGGER ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`);
  }
  return triggers;
}

export function createTriggers(connection: SqliteConnection, triggers: readonly Trigger[]): void {
  for (const { schema, sql } of triggers) {
    connection.exec(`${CREATE}${quoteIdentifier(schema)}.${sql.slice(CREATE.length)}`);
  }
}
