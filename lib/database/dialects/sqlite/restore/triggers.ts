import { quoteIdentifier } from '../../quote.js';
import type { SqliteTable } from '../catalog.js';
import type { SqliteConnection } from '../connection.js';

/** Triggers of the tables that are loaded, dropped and made again inside of the transaction: SQLite cannot disable them. */
export class Triggers {
  private constructor(
    private readonly connection: SqliteConnection,
    private readonly statements: readonly string[],
  ) {}

  static take(connection: SqliteConnection, tables: readonly SqliteTable[]): Triggers {
    const statements: string[] = [];
    for (const { schema, name } of tables) {
      const database = quoteIdentifier(schema ?? 'main');
      const found = connection.all(
        `SELECT name, sql FROM ${database}.sqlite_master WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE ORDER BY rowid`,
        [name],
      ) as Array<[string, string]>;
      for (const [trigger, sql] of found) {
        connection.exec(`DROP TRIGGER ${database}.${quoteIdentifier(trigger)}`);
        // The stored text never names the database.
        statements.push(sql.replace(/^CREATE TRIGGER /i, () => `CREATE TRIGGER ${database}.`));
      }
    }
    return new Triggers(connection, statements);
  }

  putBack(): void {
    for (const statement of this.statements) this.connection.exec(statement);
  }
}
