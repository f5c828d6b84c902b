import type { CatalogColumn, CatalogForeignKey, CatalogTable } from '../../catalog-table.js';
import type { TableLocation } from '../../table-location.js';
import { checkText, foreignKeyText } from '../constraint-texts.js';
import { quoteIdentifier } from '../quote.js';
import { columnEncoding } from './columns.js';
import type { SqliteConnection } from './connection.js';
import { checkExpressions } from './sql-words.js';
import { type VirtualTable, virtualTable } from './virtual-tables.js';

/** A table of the catalog with the details that only SQLite has. */
export interface SqliteTable extends CatalogTable {
  /** Qualified by its database and quoted. */
  readonly sqlName: string;
  /** A name of the row id that is not hidden by a column; none in tables WITHOUT ROWID. */
  readonly rowId: string | undefined;
}

/** How SQLite starts the text of every virtual table, however it was written. */
const VIRTUAL = /^\s*CREATE\s+VIRTUAL\s/i;
const ROW_IDS = ['_rowid_', 'rowid', 'oid'];

/** The databases of a connection: null for the main one, otherwise the name under which a file is attached. */
export function readSchemas(connection: SqliteConnection): Array<string | null> {
  const names = connection.all('PRAGMA database_list').map(([, name]) => String(name));
  return names.filter((name) => name !== 'temp').map((name) => (name === 'main' ? null : name));
}

export function readTables(connection: SqliteConnection): { tables: SqliteTable[]; virtual: VirtualTable[] } {
  const tables: SqliteTable[] = [];
  const found: VirtualTable[] = [];
  for (const schema of readSchemas(connection)) {
    const listed = connection.all(
      `SELECT name, sql FROM ${quoteIdentifier(schema ?? 'main')}.sqlite_master
       WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
    ) as Array<[string, string]>;
    const names = new Set(listed.map(([name]) => name.toLowerCase()));
    const isTable = (name: string) => names.has(name.toLowerCase());
    const virtual = listed
      .filter(([, sql]) => VIRTUAL.test(sql))
      .map(([name, sql]) => virtualTable({ schema, name }, sql, isTable));
    found.push(...virtual);
    const left = new Set([...virtual.map(({ name }) => name), ...shadowTables(connection, schema, virtual)]);
    for (const [name, sql] of listed) if (!left.has(name)) tables.push(readTable(connection, schema, name, sql));
  }
  return { tables, virtual: found };
}

/**
 * Tables in which virtual ones store their content. Judging by the name, SQLite also counts a table of the application
 * that a search index reads (`content='posts_content'`). SQLite before 3.37 reports none: there they count as unmapped.
 */
function shadowTables(connection: SqliteConnection, schema: string | null, virtual: readonly VirtualTable[]): string[] {
  const listed = connection.all(`PRAGMA ${quoteIdentifier(schema ?? 'main')}.table_list`);
  const shadows = listed.filter(([, , type]) => type === 'shadow').map(([, name]) => String(name));
  const read = new Set(virtual.map(({ content }) => content?.toLowerCase()));
  return shadows.filter((name) => !read.has(name.toLowerCase()));
}

export function readForeignKeys(connection: SqliteConnection, tables: readonly SqliteTable[]): CatalogForeignKey[] {
  return tables.flatMap(({ schema, name }) => {
    const rows = connection.all('SELECT DISTINCT id, "table" FROM pragma_foreign_key_list(?, ?)', [
      name,
      schema ?? 'main',
    ]);
    return rows.map(([id, parent]) => ({
      name: `foreign key ${String(id)}`,
      from: { schema, name },
      // A parent is always in the same file.
      to: { schema, name: tables.find((one) => same(one, schema, String(parent)))?.name ?? String(parent) },
    }));
  });
}

function same(table: SqliteTable, schema: string | null, name: string): boolean {
  return table.schema === schema && table.name.toLowerCase() === name.toLowerCase();
}

/** The foreign keys of a table as `CatalogTable.constraints` has them, by SQLite's own number. */
export function foreignKeyTexts(
  connection: SqliteConnection,
  { schema, name }: TableLocation,
): ReadonlyMap<string, { readonly text: string; readonly columns: readonly string[] }> {
  const rows = connection.all('SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?, ?) ORDER BY id, seq', [
    name,
    schema ?? 'main',
  ]);
  const keys = new Map<string, { parent: string; columns: string[]; referenced: string[] }>();
  for (const [id, parent, from, to] of rows) {
    const key = keys.get(String(id)) ?? { parent: String(parent), columns: [], referenced: [] };
    key.columns.push(String(from));
    if (to !== null) key.referenced.push(String(to)); // Otherwise the primary key.
    keys.set(String(id), key);
  }
  return new Map(
    [...keys].map(([id, { parent, columns, referenced }]) => [
      id,
      { text: foreignKeyText(columns, { schema, name: parent.toLowerCase() }, referenced), columns },
    ]),
  );
}

function readTable(connection: SqliteConnection, schema: string | null, name: string, sql: string): SqliteTable {
  const rows = connection.all(
    'SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1 ORDER BY cid',
    [name, schema ?? 'main'],
  ) as Array<[string, string, bigint, bigint, bigint]>;
  const columns: CatalogColumn[] = rows.map(([column, type, notNull, , hidden]) => ({
    name: column,
    type,
    encoding: columnEncoding(type),
    nullable: notNull === 0n,
    generated: hidden === 2n || hidden === 3n,
  }));
  const key = rows.filter(([, , , position]) => position > 0n).toSorted((one, other) => Number(one[3] - other[3]));
  const sqlName = `${quoteIdentifier(schema ?? 'main')}.${quoteIdentifier(name)}`;
  const primaryKey = key.map(([column]) => column);
  const keys = [...foreignKeyTexts(connection, { schema, name }).values()].map(({ text }) => text);
  const constraints = [...keys, ...checkExpressions(sql).map(checkText)].toSorted();
  const rowId = findRowId(connection, sqlName, columns);
  return { schema, name, columns, primaryKey, caveats: [], constraints, sqlName, rowId };
}

function findRowId(
  connection: SqliteConnection,
  sqlName: string,
  columns: readonly CatalogColumn[],
): string | undefined {
  const taken = new Set(columns.map(({ name }) => name.toLowerCase()));
  const free = ROW_IDS.find((name) => !taken.has(name));
  if (free === undefined) return undefined;
  try {
    connection.all(`SELECT ${free} FROM ${sqlName} LIMIT 0`);
    return free;
  } catch {
    return undefined; // WITHOUT ROWID
  }
}
