import type { CatalogColumn, CatalogForeignKey, CatalogTable } from '../../catalog-table.js';
import { locationKey, modelName, type TableLocation } from '../../table-location.js';
import { checkText } from '../constraint-texts.js';
import { columnEncoding, declaredType, type MysqlColumn } from './columns.js';
import type { MysqlConnection } from './connection.js';
import { ContendedError, errorNumber, LOCK_WAIT_TIMEOUT, UNKNOWN_COLUMN, UNKNOWN_TABLE } from './errors.js';
import { foreignKeys, foreignKeyTexts, type KeyRow, primaryKeys } from './keys.js';
import type { Names } from './names.js';

export interface Catalog {
  readonly tables: readonly CatalogTable[];
  readonly foreignKeys: readonly CatalogForeignKey[];
  /** MariaDB's sequences. */
  readonly sequences: readonly TableLocation[];
}

type TableRow = [schema: string, name: string, type: string, engine: string | null];
type ColumnRow = [
  schema: string,
  table: string,
  name: string,
  type: string,
  charset: string | null,
  nullable: string,
  generation: string | null,
];

const TABLES = `SELECT table_schema, table_name, table_type, engine FROM information_schema.tables
  WHERE table_schema IN (?) AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE')
  ORDER BY table_schema, table_name`;
const COLUMNS = `SELECT table_schema, table_name, column_name, column_type, character_set_name, is_nullable,
  generation_expression FROM information_schema.columns WHERE table_schema IN (?)
  ORDER BY table_schema, table_name, ordinal_position`;
const KEYS = `SELECT table_schema, table_name, constraint_name, column_name, referenced_table_schema,
  referenced_table_name, referenced_column_name FROM information_schema.key_column_usage
  WHERE table_schema IN (?) AND (constraint_name = 'PRIMARY' OR referenced_table_name IS NOT NULL)
  ORDER BY table_schema, table_name, constraint_name, ordinal_position`;

/** MariaDB's checks, which can be switched off; those of MySQL are enforced, or not at all. */
const CHECKS = `SELECT constraint_schema, table_name, constraint_name, check_clause
  FROM information_schema.check_constraints WHERE constraint_schema IN (?) ORDER BY 1, 2, 3, 4`;

/** Reads the catalog of the databases. @throws ContendedError when a lock on a table hides its definition */
export async function readCatalog(connection: MysqlConnection, names: Names): Promise<Catalog> {
  const read = async <Row>(sql: string): Promise<Row[]> => {
    const rows = await readInformation(connection, sql, names);
    return rows.filter(([schema]) => names.covers(schema!)) as Row[];
  };
  const rows = await read<TableRow>(TABLES);
  const columns = groupByTable(await read<ColumnRow>(COLUMNS), names);
  const keys = await read<KeyRow>(KEYS);
  const primary = primaryKeys(keys, names);
  const constraints = constraintTexts(keys, await readChecks(read), names);
  return {
    tables: rows
      .filter(([, , type]) => type !== 'SEQUENCE')
      .map((row) => {
        const location = names.locate(row[0], row[1]);
        const key = locationKey(location);
        return toTable(location, row, columns.get(key) ?? [], primary.get(key) ?? [], constraints.get(key) ?? []);
      }),
    foreignKeys: foreignKeys(keys, names),
    sequences: rows.filter(([, , type]) => type === 'SEQUENCE').map(([schema, name]) => names.locate(schema, name)),
  };
}

/**
 * Rows of the information schema. What MariaDB cannot open in time, it omits with only a warning, or the query fails.
 * @param times how often the statement has a placeholder for the databases
 */
export async function readInformation(
  connection: MysqlConnection,
  sql: string,
  names: Names,
  times = 1,
): Promise<Array<Array<string | null>>> {
  try {
    const rows = await connection.texts(sql, Array<unknown>(times).fill(names.databases));
    const warnings = await connection.texts('SHOW WARNINGS');
    if (!warnings.some(([, code]) => Number(code) === LOCK_WAIT_TIMEOUT)) return rows;
  } catch (error) {
    if (errorNumber(error) !== LOCK_WAIT_TIMEOUT) throw error;
  }
  throw new ContendedError('The definition of a table');
}

type CheckRow = [schema: string, table: string, name: string, clause: string];

/** Servers without such checks lack the columns or the table. */
async function readChecks(read: (sql: string) => Promise<CheckRow[]>): Promise<CheckRow[]> {
  try {
    return await read(CHECKS);
  } catch (error) {
    if ([UNKNOWN_COLUMN, UNKNOWN_TABLE].includes(errorNumber(error))) return [];
    throw error;
  }
}

/** By `locationKey`. */
function constraintTexts(
  keys: readonly KeyRow[],
  checks: readonly CheckRow[],
  names: Names,
): ReadonlyMap<string, readonly string[]> {
  const found = foreignKeyTexts(keys, names);
  for (const [schema, table, , clause] of checks) {
    const key = locationKey(names.locate(schema, table));
    found.set(key, [...(found.get(key) ?? []), checkText(clause)]);
  }
  return found;
}

function groupByTable(rows: readonly ColumnRow[], names: Names): Map<string, CatalogColumn[]> {
  const tables = new Map<string, CatalogColumn[]>();
  for (const [schema, table, name, columnType, charset, nullable, generation] of rows) {
    const key = locationKey(names.locate(schema, table));
    const type = declaredType(columnType, charset);
    const column: MysqlColumn = {
      name,
      type,
      charset,
      encoding: columnEncoding(type),
      nullable: nullable === 'YES',
      generated: !!generation,
    };
    tables.set(key, [...(tables.get(key) ?? []), column]);
  }
  return tables;
}

function toTable(
  location: TableLocation,
  [, , type, engine]: TableRow,
  columns: readonly CatalogColumn[],
  key: readonly string[],
  constraints: readonly string[],
): CatalogTable {
  const table = `Table "${modelName(location)}"`;
  const caveats: string[] = [];
  if (engine === null) {
    caveats.push(`${table} is damaged: the server cannot open it.`);
  } else if (engine !== 'InnoDB') {
    caveats.push(
      `${table} uses the engine ${engine}, which has no snapshots: it is saved as it was when its turn came, and a restore refuses to replace it as long as it uses that engine.`,
    );
  }
  if (type === 'SYSTEM VERSIONED') {
    caveats.push(`${table} is system-versioned: its current rows are saved, not their history.`);
  }
  const stored = new Set(columns.filter(({ generated }) => !generated).map(({ name }) => name));
  return {
    ...location,
    columns,
    // MariaDB adds a hidden column to the keys of system-versioned tables.
    primaryKey: key.filter((name) => stored.has(name)),
    caveats,
    constraints,
  };
}
