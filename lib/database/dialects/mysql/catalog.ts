import type { CatalogColumn, CatalogForeignKey, CatalogTable, TableLocation } from '../dialect.js';
import { locationKey, modelName } from '../../table-location.js';
import { columnEncoding, declaredType, type MysqlColumn } from './columns.js';
import { Contended } from './contended.js';
import { errorNumber, LOCK_WAIT_TIMEOUT } from './errors.js';
import { type KeyRow, foreignKeys, primaryKeys } from './keys.js';
import type { Names } from './names.js';
import type { Session } from './session.js';

export interface Catalog {
  readonly tables: readonly CatalogTable[];
  readonly foreignKeys: readonly CatalogForeignKey[];
  /** MariaDB's sequence objects. */
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
  referenced_table_name FROM information_schema.key_column_usage
  WHERE table_schema IN (?) AND (constraint_name = 'PRIMARY' OR referenced_table_name IS NOT NULL)
  ORDER BY table_schema, table_name, constraint_name, ordinal_position`;

/** Reads what the databases hold. @throws Contended when a table is locked so that its definition cannot be read */
export async function readCatalog(session: Session, names: Names): Promise<Catalog> {
  const read = async <Row>(sql: string): Promise<Row[]> => {
    const rows = await readInformation(session, sql, names);
    return rows.filter(([schema]) => names.covers(schema!)) as Row[];
  };
  const rows = await read<TableRow>(TABLES);
  const columns = groupByTable(await read<ColumnRow>(COLUMNS), names);
  const keys = await read<KeyRow>(KEYS);
  const primary = primaryKeys(keys, names);
  return {
    tables: rows
      .filter(([, , type]) => type !== 'SEQUENCE')
      .map((row) => {
        const location = names.locate(row[0], row[1]);
        const key = locationKey(location);
        return toTable(location, row, columns.get(key) ?? [], primary.get(key) ?? []);
      }),
    foreignKeys: foreignKeys(keys, names),
    sequences: rows.filter(([, , type]) => type === 'SEQUENCE').map(([schema, name]) => names.locate(schema, name)),
  };
}

/** Rows of the information schema. MariaDB leaves out what it cannot open in time, and only warns; or refuses all. */
export async function readInformation(
  session: Session,
  sql: string,
  names: Names,
): Promise<Array<Array<string | null>>> {
  try {
    const rows = await session.texts(sql, [names.databases]);
    const warnings = await session.texts('SHOW WARNINGS');
    if (!warnings.some(([, code]) => Number(code) === LOCK_WAIT_TIMEOUT)) return rows;
  } catch (error) {
    if (errorNumber(error) !== LOCK_WAIT_TIMEOUT) throw error;
  }
  throw new Contended('The definition of a table');
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
): CatalogTable {
  const table = `Table "${modelName(location)}"`;
  const caveats: string[] = [];
  if (engine === null) caveats.push(`${table} is damaged: the server cannot open it.`);
  else if (engine !== 'InnoDB') {
    caveats.push(
      `${table} uses the engine ${engine}, which has no snapshots: it is saved as it was when its turn came.`,
    );
  }
  if (type === 'SYSTEM VERSIONED')
    caveats.push(`${table} is system-versioned: its current rows are saved, not their history.`);
  const stored = new Set(columns.filter(({ generated }) => !generated).map(({ name }) => name));
  return {
    ...location,
    columns,
    // MariaDB adds a hidden column to the keys of system-versioned tables.
    primaryKey: key.filter((name) => stored.has(name)),
    caveats,
  };
}
