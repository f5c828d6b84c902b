import type { DataSource } from 'typeorm';
import type { TableLocation } from '../../table-location.js';
import { quoteIdentifier } from '../quote.js';
import type { MysqlConnection } from './connection.js';

/** Where an entity's table is: null means the database of the connection. */
export function entityLocation(dataSource: DataSource, database: string | undefined, name: string): TableLocation {
  return { schema: !database || database === dataSource.driver.database ? null : database, name };
}

/** Translates between the catalog's names of tables and the application's. */
export class Names {
  /** The connection's own database first, then the others that entities map. */
  readonly databases: readonly string[];
  private readonly known = new Map<string, TableLocation>();

  private constructor(
    dataSource: DataSource,
    readonly database: string,
    private readonly ignoreCase: boolean,
  ) {
    const { migrationsTableName, metadataTableName } = dataSource.options;
    const own = [migrationsTableName, metadataTableName].map((tableName) => ({ database: undefined, tableName }));
    const databases = new Map([[this.fold(database), database]]);
    const tables = dataSource.entityMetadatas.filter(({ tableType }) => tableType !== 'view');
    for (const { database: other, tableName } of [...tables, ...own]) {
      if (!tableName) continue;
      const name = other ?? database;
      this.known.set(this.key(name, tableName), entityLocation(dataSource, other, tableName));
      if (!databases.has(this.fold(name))) databases.set(this.fold(name), name);
    }
    this.databases = [...databases.values()];
  }

  static async read(connection: MysqlConnection, dataSource: DataSource): Promise<Names> {
    const [row] = await connection.texts('SELECT DATABASE(), @@lower_case_table_names');
    const [database, ignoreCase] = row!;
    if (!database) throw new Error('The DataSource names no database.');
    return new Names(dataSource, database, ignoreCase !== '0');
  }

  /**
   * Whether the catalog's database is one of ours; the catalog compares without case even if names are case-sensitive.
   */
  covers(database: string): boolean {
    return this.databases.some((name) => this.fold(name) === this.fold(database));
  }

  /** If the catalog changes the case of names (lower_case_table_names), the entities' spelling wins. */
  locate(database: string, table: string): TableLocation {
    const own = this.fold(database) === this.fold(this.database);
    return this.known.get(this.key(database, table)) ?? { schema: own ? null : database, name: table };
  }

  /** The table's name in a statement. */
  sql({ schema, name }: TableLocation): string {
    return `${quoteIdentifier(schema ?? this.database, '`')}.${quoteIdentifier(name, '`')}`;
  }

  private key(database: string, table: string): string {
    return this.fold(JSON.stringify([database, table]));
  }

  private fold(name: string): string {
    return this.ignoreCase ? name.toLowerCase() : name;
  }
}
