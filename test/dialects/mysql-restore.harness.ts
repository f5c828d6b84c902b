import { randomUUID } from 'node:crypto';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { CatalogTable, SequenceState } from '../../lib/database/dialects/dialect.js';
import { mysqlDialect } from '../../lib/database/dialects/mysql/index.js';
import { mysqlRestore } from '../../lib/database/dialects/mysql/restore/index.js';
import type { LineValue, LoadColumn, RestoreSession } from '../../lib/database/dialects/restore-dialect.js';
import type { TestDatabase } from '../fixtures/databases.js';

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

export async function connect(database: Pick<TestDatabase, 'options'>, options: object = {}): Promise<DataSource> {
  return new DataSource({ ...database.options, ...options } as DataSourceOptions).initialize();
}

/** Reads everything through the export's dialect, as lines that were parsed again. */
export async function save(dataSource: DataSource): Promise<Saved> {
  const snapshot = await mysqlDialect(dataSource).snapshot({ choose: (tables) => tables });
  try {
    const tables: SavedTable[] = [];
    for (const table of snapshot.tables) {
      if (table.name === 'nestjs_backup_restore') continue;
      const columns = table.columns.filter(({ generated }) => !generated);
      const chunks: Buffer[] = [];
      for await (const { bytes } of snapshot.lines(table, table.name)) chunks.push(bytes);
      const lines = Buffer.concat(chunks).toString('utf8').split('\n').filter(Boolean);
      const rows = lines.map((line) => {
        const { pk, fields } = JSON.parse(line);
        const key = table.primaryKey.length > 1 ? pk : [pk];
        return columns.map(({ name }) => (name in fields ? fields[name] : key[table.primaryKey.indexOf(name)]));
      });
      tables.push({ name: table.name, columns, rows });
    }
    return { tables, sequences: await snapshot.sequences(snapshot.tables) };
  } finally {
    await snapshot.close();
  }
}

export function find({ tables }: Pick<RestoreSession, 'tables'>, name: string): CatalogTable {
  return tables.find((table) => table.name === name)!;
}

export async function* batchesOf(rows: readonly LineValue[][], size = 100): AsyncGenerator<LineValue[][]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}

export async function loadAll(session: RestoreSession, saved: Saved): Promise<void> {
  for (const { name, columns, rows } of saved.tables) {
    const table = find(session, name);
    const targets = columns.map((column): LoadColumn => {
      const target = table.columns.find((one) => one.name === column.name)!;
      return { target, encoding: column.encoding, type: column.type };
    });
    await session.load(table, targets, batchesOf(rows));
    expect(await session.count(table)).toBe(rows.length);
  }
}

/** The whole way, of all tables that were saved. */
export async function restore(dataSource: DataSource, saved: Saved, id: string = randomUUID()): Promise<string> {
  const dialect = mysqlRestore(dataSource);
  const session = await dialect.openRestore();
  try {
    await session.begin(
      id,
      saved.tables.map(({ name }) => find(session, name)),
    );
    await loadAll(session, saved);
    await session.complete(saved.sequences);
    await session.commit();
  } finally {
    await session.close();
  }
  return id;
}

/** Everything that a restore may change: rows, triggers, counters, sequences, the database's collation. */
export async function fingerprint(database: TestDatabase): Promise<string> {
  const found: unknown[] = [await database.query('SELECT @@collation_database AS c')];
  const tables = await database.query<{ n: string; type: string }>(
    `SELECT table_name AS n, table_type AS type, auto_increment AS a FROM information_schema.tables
     WHERE table_schema = DATABASE() AND table_name <> 'nestjs_backup_restore' ORDER BY 1`,
  );
  found.push(tables);
  for (const { n, type } of tables) {
    const rows = await database.query(`SELECT * FROM \`${n}\``);
    found.push(type === 'SEQUENCE' ? rows[0]!.next_not_cached_value : rows.map((row) => JSON.stringify(row)).sort());
  }
  const triggers = await database.query<{ n: string }>(
    `SELECT trigger_name AS n, action_order AS o FROM information_schema.triggers
     WHERE trigger_schema = DATABASE() ORDER BY 1`,
  );
  for (const trigger of triggers) {
    const [{ Created: _, ...shown }] = (await database.query(
      `SHOW CREATE TRIGGER \`${trigger.n.replaceAll('`', '``')}\``,
    )) as [any];
    found.push(trigger, shown);
  }
  return JSON.stringify(found, null, 1);
}

/** A small database with all that a restore has to set aside, and a backup of it; then it changes. */
export async function prepareIn(database: TestDatabase, dataSource: DataSource): Promise<Saved> {
  await database.query(`SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0`);
  await database.query(`CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40), boss INT, team INT,
    CONSTRAINT boss_fk FOREIGN KEY (boss) REFERENCES users (id) ON DELETE CASCADE)`);
  await database.query(`CREATE TABLE teams (id INT AUTO_INCREMENT PRIMARY KEY, lead INT NOT NULL,
    CONSTRAINT lead_fk FOREIGN KEY (lead) REFERENCES users (id))`);
  await database.query('ALTER TABLE users ADD CONSTRAINT team_fk FOREIGN KEY (team) REFERENCES teams (id)');
  await database.query('CREATE TABLE log (at INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(40))');
  await database.query('CREATE SEQUENCE tickets START WITH 5 INCREMENT BY 3 CACHE 10');
  await database.query('SELECT NEXTVAL(tickets)');
  await database.query(
    `INSERT INTO users VALUES (0, 'zero', 2, 1), (1, 'ä', 1, NULL), (2, 'b', 0, 1), (90, 'gone', NULL, NULL)`,
  );
  await database.query('INSERT INTO teams VALUES (1, 0)');
  await database.query('DELETE FROM users WHERE id = 90');
  await database.query(`CREATE TRIGGER shout BEFORE INSERT ON users FOR EACH ROW SET NEW.name = UPPER('ü')`);
  await database.query(`CREATE TRIGGER earlier BEFORE INSERT ON users FOR EACH ROW PRECEDES shout SET @x = 'a'`);
  await database.query(
    `CREATE DEFINER = nobody@nowhere TRIGGER keep AFTER DELETE ON users FOR EACH ROW INSERT INTO log (what) VALUES (OLD.name)`,
  );
  await database.query(`SET sql_mode = 'ANSI_QUOTES', character_set_client = latin1`);
  await database.query(
    'CREATE TRIGGER "od`d" AFTER INSERT ON teams FOR EACH ROW INSERT INTO log (what) VALUES (NEW.lead)',
  );
  await database.query('SET NAMES utf8mb4');
  const saved = await save(dataSource);
  await database.query(`SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'`);
  await database.query('DROP TRIGGER keep');
  await database.query(`INSERT INTO users VALUES (500, 'new', NULL, NULL)`);
  await database.query('UPDATE teams SET lead = 1');
  await database.query('UPDATE users SET boss = 1');
  await database.query('DELETE FROM users WHERE id = 0');
  await database.query('SELECT NEXTVAL(tickets), NEXTVAL(tickets)');
  await database.query(
    `CREATE DEFINER = nobody@nowhere TRIGGER keep AFTER DELETE ON users FOR EACH ROW INSERT INTO log (what) VALUES (OLD.name)`,
  );
  return saved;
}
