import type { DataSource } from 'typeorm';
import { RESTORE_TABLE } from '../../../../lib/database/dialects/restore-dialect.js';
import { save } from '../../support/saved.js';
import { type Kind, run, sqliteSuite } from '../harness.js';

/** A suite whose applications wait for a lock only as long as their tests take. */
export function restoreSuite() {
  const suite = sqliteSuite();
  const connect: typeof suite.connect = (kind, name, options) =>
    suite.connect(kind, name, kind === 'sql.js' ? options : { timeout: 200, ...options });

  /** A database with rows and a backup of it, and another one with others. */
  async function both(kind: Kind) {
    const [from, to] = [await connect(kind, 'from'), await connect(kind, 'to')];
    await run(from, ...SCHEMA, ...ROWS);
    await run(to, ...SCHEMA, ...OTHERS);
    return { from, to, saved: await save(from) };
  }

  return { ...suite, connect, both };
}

export async function enforced(dataSource: DataSource): Promise<number> {
  return (await dataSource.query('PRAGMA foreign_keys'))[0].foreign_keys;
}

/** Everything that a restore may change, as SQLite itself has it: schema, rows with their classes and bytes, counters. */
export async function dump(dataSource: DataSource): Promise<string> {
  const found: unknown[] = [];
  for (const { name: schema } of await dataSource.query('PRAGMA database_list')) {
    const master = await dataSource.query(
      `SELECT type, name, tbl_name, sql FROM "${schema}".sqlite_master WHERE tbl_name <> '${RESTORE_TABLE}' ORDER BY 1, 2`,
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
const SCHEMA = [
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

const ROWS = [
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
const OTHERS = [
  `INSERT INTO users VALUES (500, 'other', NULL, NULL)`,
  'INSERT INTO never DEFAULT VALUES',
  `INSERT INTO keyless VALUES ('zz', 1)`,
  `INSERT INTO computed (id, v) VALUES (77, 7)`,
];
