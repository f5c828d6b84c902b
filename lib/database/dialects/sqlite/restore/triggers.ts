import type { TableLocation } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import type { SqliteConnection } from '../connection.js';

/** How SQLite begins every trigger's text, from which it leaves out the schema. */
const CREATE = 'CREATE TRIGGER ';

/** A trigger as `sqlite_master` has it. */
export interface Trigger {
  readonly schema: string;
  readonly name: string;
  readonly sql: string;
}

/**
 * Drops the triggers of some tables, inside of the transaction.
 * @returns them in the order in which they were made, since that is the order in which they fire
 */
export function dropTriggers(connection: SqliteConnection, tables: readonly TableLocation[]): Trigger[] {
  const schemas = new Set(tables.map(({ schema }) => schema ?? 'main'));
  // A temporary trigger may be one of any table; its text alone tells of which schema.
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
