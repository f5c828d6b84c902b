import type { DataSource } from 'typeorm';
import { mysqlRestore } from '../../../../lib/database/dialects/mysql/restore/index.js';
import type { RestoreSession } from '../../../../lib/database/dialects/restore-dialect.js';
import type { Engine, TestDatabase } from '../../../fixtures/databases.js';
import { begin, type Saved, save } from '../../support/saved.js';
import { mysqlSuite } from '../harness.js';

/** A suite with a DataSource of its database, into which its tests restore. */
export function restoreSuite(engine: Engine) {
  const suite = mysqlSuite(engine);
  const { cleanup, connect, database, query } = suite;
  let dataSource: DataSource;

  beforeEach(async () => {
    dataSource = await connect();
  });

  async function open(signal?: AbortSignal, from = dataSource): Promise<RestoreSession> {
    const session = await mysqlRestore(from).openRestore(signal);
    cleanup(() => session.close().catch(() => {}));
    return session;
  }

  async function begun(id?: string, signal?: AbortSignal): Promise<RestoreSession> {
    const session = await open(signal);
    await begin(session, id);
    return session;
  }

  return {
    ...suite,
    target: () => dataSource,
    restores: () => mysqlRestore(dataSource),
    open,
    begun,
    prepare: () => prepareIn(engine, database(), dataSource),
    state: () => fingerprint(database()),
    marks: () => query('SELECT id, committed, `undo` FROM nestjs_backup_restore'),
  };
}

/** Everything that a restore may change: rows, triggers, counters, sequences, the database's collation. */
async function fingerprint(database: TestDatabase): Promise<string> {
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
async function prepareIn(engine: Engine, database: TestDatabase, dataSource: DataSource): Promise<Saved> {
  const hasSequences = engine.name === 'mariadb';
  // Whom the user of MySQL, who is no administrator, may make them of.
  const definer = engine.name === 'mariadb' ? 'DEFINER = nobody@nowhere' : '';
  await database.query(`SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0`);
  await database.query(`CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(40), boss INT, team INT,
    CONSTRAINT boss_fk FOREIGN KEY (boss) REFERENCES users (id) ON DELETE CASCADE)`);
  await database.query(`CREATE TABLE teams (id INT AUTO_INCREMENT PRIMARY KEY, chief INT NOT NULL,
    CONSTRAINT chief_fk FOREIGN KEY (chief) REFERENCES users (id))`);
  await database.query('ALTER TABLE users ADD CONSTRAINT team_fk FOREIGN KEY (team) REFERENCES teams (id)');
  await database.query('CREATE TABLE log (at INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(40))');
  if (hasSequences) {
    await database.query('CREATE SEQUENCE tickets START WITH 5 INCREMENT BY 3 CACHE 10');
    await database.query('SELECT NEXTVAL(tickets)');
  }
  await database.query(
    `INSERT INTO users VALUES (0, 'zero', 2, 1), (1, 'ä', 1, NULL), (2, 'b', 0, 1), (90, 'gone', NULL, NULL)`,
  );
  await database.query('INSERT INTO teams VALUES (1, 0)');
  await database.query('DELETE FROM users WHERE id = 90');
  await database.query(`CREATE TRIGGER shout BEFORE INSERT ON users FOR EACH ROW SET NEW.name = UPPER('ü')`);
  await database.query(`CREATE TRIGGER earlier BEFORE INSERT ON users FOR EACH ROW PRECEDES shout SET @x = 'a'`);
  await database.query(
    `CREATE ${definer} TRIGGER keep AFTER DELETE ON users FOR EACH ROW INSERT INTO log (what) VALUES (OLD.name)`,
  );
  await database.query(`SET sql_mode = 'ANSI_QUOTES', character_set_client = latin1`);
  await database.query(
    'CREATE TRIGGER "od`d" AFTER INSERT ON teams FOR EACH ROW INSERT INTO log (what) VALUES (NEW.chief)',
  );
  await database.query('SET NAMES utf8mb4');
  const saved = await save(dataSource);
  await database.query(`SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'`);
  await database.query('DROP TRIGGER keep');
  await database.query(`INSERT INTO users VALUES (500, 'new', NULL, NULL)`);
  await database.query('UPDATE teams SET chief = 1');
  await database.query('UPDATE users SET boss = 1');
  await database.query('DELETE FROM users WHERE id = 0');
  if (hasSequences) await database.query('SELECT NEXTVAL(tickets), NEXTVAL(tickets)');
  await database.query(
    `CREATE ${definer} TRIGGER keep AFTER DELETE ON users FOR EACH ROW INSERT INTO log (what) VALUES (OLD.name)`,
  );
  return saved;
}
