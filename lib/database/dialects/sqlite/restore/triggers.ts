import type { TableLocation } from '../../../table-location.js';
import { quoteIdentifier } from '../../quote.js';
import type { SqliteConnection } from '../connection.js';

/** How SQLite starts the text of every trigger; it omits the schema. */
const CREATE = 'CREATE TRIGGER ';

/** A trigger as in `sqlite_master`. */
interface Trigger {
  readonly schema: string;
  readonly name: string;
  readonly sql: string;
}

/** The triggers of some tables, dropped inside the transaction until they are put back. */
export class TriggersAside {
  private constructor(
    private readonly connection: SqliteConnection,
    private triggers: readonly Trigger[],
  ) {}

  static take(connection: SqliteConnection, tables: readonly TableLocation[]): TriggersAside {
    const triggers = triggersOf(connection, tables);
    for (const { schema, name } of triggers) {
      connection.exec(`DROP TRIGGER ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`);
    }
    return new TriggersAside(connection, triggers);
  }

  putBack(): void {
    for (const { schema, sql } of this.triggers) {
      this.connection.exec(`${CREATE}${quoteIdentifier(schema)}.${sql.slice(CREATE.length)}`);
    }
    this.triggers = [];
  }
}

/** In the order of their creation, in which they also fire. */
function triggersOf(connection: SqliteConnection, tables: readonly TableLocation[]): Trigger[] {
  const schemas = new Set(tables.map(({ schema }) => schema ?? 'main'));
  // A temporary trigger may belong to any table; only its text says in which schema.
  return [...schemas, 'temp'].flatMap((schema) => {
    const own = tables.filter((table) => schema === 'temp' || (table.schema ?? 'main') === schema);
    const names = new Set(own.map(({ name }) => name.toLowerCase()));
    return connection
      .all(
        `SELECT name, sql, tbl_name FROM ${quoteIdentifier(schema)}.sqlite_master WHERE type = 'trigger' ORDER BY rowid`,
      )
      .filter(([, , table]) => names.has(String(table).toLowerCase()))
      .map(([name, sql]) => ({ schema, name: String(name), sql: String(sql) }));
  });
}
