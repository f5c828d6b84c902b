import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { CatalogTable, SequenceState } from '../../lib/database/dialects/dialect.js';
import type { LineValue, LoadColumn, RestoreSession } from '../../lib/database/dialects/restore-dialect.js';
import { sqliteDialect } from '../../lib/database/dialects/sqlite/index.js';
import { sqliteRestore } from '../../lib/database/dialects/sqlite/restore/index.js';
import { modelName } from '../../lib/database/table-location.js';

export const KINDS = ['WAL file', 'rollback journal', ':memory:', 'sql.js'] as const;
export type Kind = (typeof KINDS)[number];
export const FILES = ['WAL file', 'rollback journal'] as const;

/** The databases of one test; `clean` ends and removes them. */
export class Databases {
  readonly directory = mkdtempSync(join(tmpdir(), 'nestjs-backup-restore-'));
  private readonly open: DataSource[] = [];

  file(name = 'app'): string {
    return join(this.directory, `${name}.sqlite`);
  }

  async connect(kind: Kind, name = 'app', options: object = {}): Promise<DataSource> {
    const database = kind === ':memory:' ? kind : this.file(name);
    const own =
      kind === 'sql.js'
        ? { type: 'sqljs' }
        : { type: 'better-sqlite3', database, enableWAL: kind === 'WAL file', timeout: 200 };
    const dataSource = await new DataSource({ ...own, ...options } as DataSourceOptions).initialize();
    this.open.push(dataSource);
    return dataSource;
  }

  async clean(): Promise<void> {
    for (const dataSource of this.open) if (dataSource.isInitialized) await dataSource.destroy();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export interface SavedTable {
  name: string;
  columns: CatalogTable['columns'];
  rows: LineValue[][];
}

/** What a backup of a small database holds. */
export interface Saved {
  tables: SavedTable[];
  sequences: SequenceState[];
}

export async function run(dataSource: DataSource, ...statements: string[]): Promise<void> {
  for (const statement of statements) await dataSource.query(statement);
}

/** Reads everything through the export's dialect, as lines that were parsed again. */
export async function save(dataSource: DataSource): Promise<Saved> {
  const snapshot = await sqliteDialect(dataSource).snapshot({ choose: (tables) => tables });
  try {
    const tables: SavedTable[] = [];
    for (const table of snapshot.tables) {
      if (table.name === 'nestjs_backup_restore') continue;
      const columns = table.columns.filter(({ generated }) => !generated);
      const chunks: Buffer[] = [];
      for await (const { bytes } of snapshot.lines(table, modelName(table))) chunks.push(bytes);
      const lines = Buffer.concat(chunks).toString('utf8').split('\n').filter(Boolean);
      const rows = lines.map((line) => {
        const { pk, fields } = JSON.parse(line);
        const key = table.primaryKey.length > 1 ? pk : [pk];
        return columns.map(({ name }) => (name in fields ? fields[name] : key[table.primaryKey.indexOf(name)]));
      });
      tables.push({ name: modelName(table), columns, rows });
    }
    return { tables, sequences: await snapshot.sequences(snapshot.tables) };
  } finally {
    await snapshot.close();
  }
}

export function find({ tables }: Pick<RestoreSession, 'tables'>, name: string): CatalogTable {
  return tables.find((table) => modelName(table) === name)!;
}

export async function* batchesOf(rows: readonly LineValue[][], size = 100): AsyncGenerator<LineValue[][]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}

export function columnsOf(table: CatalogTable, columns: CatalogTable['columns'] = table.columns): LoadColumn[] {
  return columns
    .filter(({ generated }) => !generated)
    .map(({ name, encoding, type }) => ({ target: table.columns.find((one) => one.name === name)!, encoding, type }));
}

export async function loadAll(session: RestoreSession, saved: Saved): Promise<void> {
  for (const { name, columns, rows } of saved.tables) {
    const table = find(session, name);
    await session.load(table, columnsOf(table, columns), batchesOf(rows));
    const count = await session.count(table);
    if (count !== rows.length) throw new Error(`${name}: ${count} rows`);
  }
}

/** The whole way, of all tables that were saved. */
export async function restore(dataSource: DataSource, saved: Saved, id: string = randomUUID()): Promise<string> {
  const session = await sqliteRestore(dataSource).openRestore();
  try {
    const tables = saved.tables.map(({ name }) => find(session, name));
    await session.begin(id, tables);
    await loadAll(session, saved);
    await session.complete(saved.sequences);
    await session.commit();
  } finally {
    await session.close();
  }
  return id;
}

/** Everything that a restore may change, as SQLite itself has it: schema, rows with their classes and bytes, counters. */
export async function dump(dataSource: DataSource): Promise<string> {
  const found: unknown[] = [];
  for (const { name: schema } of await dataSource.query('PRAGMA database_list')) {
    const master = await dataSource.query(
      `SELECT type, name, tbl_name, sql FROM "${schema}".sqlite_master WHERE tbl_name <> 'nestjs_backup_restore' ORDER BY 1, 2`,
    );
    if (master.length > 0) found.push(schema, master);
    for (const { type, name } of master) {
      if (type !== 'table') continue;
      const columns = await dataSource.query(`SELECT name FROM pragma_table_xinfo('${name}', '${schema}')`);
      const list = columns.map(
        ({ name: c }: { name: string }) => `typeof("${c}"), hex(CAST("${c}" AS BLOB)), quote("${c}")`,
      );
      const rows = await dataSource.query(`SELECT ${list.join(', ')} FROM "${schema}"."${name}"`);
      found.push(name, name === 'sqlite_sequence' ? rows.map((row: object) => JSON.stringify(row)).sort() : rows);
    }
  }
  return JSON.stringify(found, null, 1);
}

/** The order in which triggers fire is the order in which they were made. */
export async function triggerOrder(dataSource: DataSource): Promise<string[]> {
  const rows = await dataSource.query(
    `SELECT name FROM sqlite_master WHERE type = 'trigger' AND name <> 'through' ORDER BY rowid`,
  );
  return rows.map(({ name }: { name: string }) => name);
}

/** A small schema with all that a restore has to set aside. */
export const SCHEMA = [
  `CREATE TABLE users (id integer PRIMARY KEY AUTOINCREMENT, name varchar(40), boss integer REFERENCES users (id) ON DELETE CASCADE,
    team integer REFERENCES teams (id) ON DELETE CASCADE)`,
  'CREATE TABLE teams (id integer PRIMARY KEY, lead integer NOT NULL REFERENCES users (id) ON DELETE RESTRICT)',
  'CREATE TABLE log (at integer PRIMARY KEY AUTOINCREMENT, what text)',
  'CREATE TABLE never (id integer PRIMARY KEY AUTOINCREMENT)',
  `CREATE TABLE pairs (a text, b int, v text, PRIMARY KEY (b, a)) WITHOUT ROWID`,
  'CREATE TABLE strictly (id integer PRIMARY KEY, r real, n int, t text, x blob, y any) STRICT',
  'CREATE TABLE keyless (v text, n int)',
  'CREATE INDEX keyless_all ON keyless (v DESC, n)',
  'CREATE TABLE computed (id int PRIMARY KEY, v int CHECK (v < 100), twice int AS (v * 2) STORED, half int AS (v / 2))',
  'CREATE TABLE choosy (id integer PRIMARY KEY, v text UNIQUE ON CONFLICT REPLACE)',
  'CREATE VIEW named AS SELECT id, name FROM users',
  `CREATE TRIGGER shout BEFORE INSERT ON users BEGIN INSERT INTO log (what) VALUES ('in ' || NEW.id); END`,
  `CREATE TRIGGER "ré ""q""" AFTER INSERT ON users BEGIN UPDATE users SET name = upper(name) WHERE id = NEW.id; END`,
  `CREATE TRIGGER IF NOT EXISTS main.keep /* why */ AFTER DELETE ON Users BEGIN INSERT INTO log (what) VALUES (OLD.name); END`,
  `CREATE TRIGGER refuse BEFORE DELETE ON pairs BEGIN SELECT raise(ABORT, 'never'); END`,
  `CREATE TRIGGER through INSTEAD OF INSERT ON named BEGIN INSERT INTO users (name) VALUES (NEW.name); END`,
];

export const ROWS = [
  'PRAGMA foreign_keys = OFF',
  `INSERT INTO users VALUES (0, 'zero', 2, 1), (1, 'ä', 1, NULL), (2, 'b', 0, 1), (90, 'gone', NULL, NULL)`,
  'DELETE FROM users WHERE id = 90',
  'INSERT INTO teams VALUES (1, 0)',
  `INSERT INTO pairs VALUES ('x', 2, 'v'), ('x', 1, NULL), ('', 1, 'w')`,
  `INSERT INTO strictly VALUES (1, 5, 9223372036854775807, 'a', x'00ff', 5), (2, NULL, -1, '5', x'', 5.0), (3, 9e999, 0, '', NULL, '5')`,
  `INSERT INTO keyless VALUES ('b', 2), ('a', 1), ('c', 3), ('a', 1)`,
  'INSERT INTO computed (id, v) VALUES (1, 4), (NULL, 5)',
  `INSERT INTO choosy VALUES (1, 'a'), (2, 'b')`,
  'PRAGMA foreign_keys = ON',
];

/** What a target held before, that no restore leaves there. */
export const OTHERS = [
  `INSERT INTO users VALUES (500, 'other', NULL, NULL)`,
  'INSERT INTO never DEFAULT VALUES',
  `INSERT INTO keyless VALUES ('zz', 1)`,
  `INSERT INTO computed (id, v) VALUES (77, 7)`,
];
