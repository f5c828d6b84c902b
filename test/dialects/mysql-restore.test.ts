import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import type { DataSource } from 'typeorm';
import { mysqlRestore } from '../../lib/database/dialects/mysql/restore/index.js';
import type { LineValue, RestoreSession } from '../../lib/database/dialects/restore-dialect.js';
import { describeEngine, type TestDatabase } from '../fixtures/databases.js';
import { TcpProxy } from '../fixtures/tcp-proxy.js';
import { connect, find, fingerprint, loadAll, prepareIn, restore, save } from './mysql-restore.harness.js';

const BUSY_TEST_MS = 60_000;

describeEngine('mysql restore', 'mariadb', (engine) => {
  const cleanups: Array<() => Promise<unknown>> = [];
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeEach(async () => {
    database = await engine.create();
    cleanups.push(() => database.drop());
    dataSource = await connect(database);
    cleanups.push(() => dataSource.destroy());
  });

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  const url = () => (database.options as { url: string }).url;

  async function client(uri = url()): Promise<Connection> {
    const connection = await createConnection({ uri });
    connection.on('error', () => {});
    cleanups.push(async () => connection.destroy());
    return connection;
  }

  async function open(signal?: AbortSignal, from = dataSource): Promise<RestoreSession> {
    const session = await mysqlRestore(from).openRestore(signal);
    cleanups.push(() => session.close().catch(() => {}));
    return session;
  }

  async function begun(id: string = randomUUID(), signal?: AbortSignal): Promise<RestoreSession> {
    const session = await open(signal);
    await session.begin(id, session.tables);
    return session;
  }

  const prepare = () => prepareIn(database, dataSource);

  const marks = () => database.query('SELECT id, committed, `undo` FROM nestjs_backup_restore');

  describe('brings back', () => {
    it('cycles, self references, an id of 0, triggers that would change rows, and counters', async () => {
      const saved = await prepare();
      const id = await restore(dataSource, saved);
      expect((await save(dataSource)).tables).toEqual(saved.tables);
      expect(await save(dataSource)).toEqual(saved);
      expect(await marks()).toEqual([{ id, committed: 1, undo: null }]);
      const dialect = mysqlRestore(dataSource);
      expect(await dialect.wasCommitted(id)).toBe(true);
      await database.query(`INSERT INTO users (name) VALUES ('x')`);
      const [{ id: next, name }] = (await database.query('SELECT * FROM users WHERE id > 2')) as [any];
      expect([next, name]).toEqual([91, 'Ü']);
      await dialect.forget(id);
      expect(await marks()).toEqual([]);
      expect(await dialect.wasCommitted(id)).toBe(false);
    });

    it('triggers as they were: definer, modes, character sets, order, the database of another collation', async () => {
      const before = async () => JSON.parse(await fingerprint(database)).slice(-8);
      const saved = await prepare();
      await database.query('ALTER DATABASE COLLATE utf8mb3_bin');
      const triggers = await before();
      await restore(dataSource, saved);
      expect(await before()).toEqual(triggers);
      const [{ c }] = (await database.query('SELECT @@collation_database AS c')) as [any];
      expect(c).toBe('utf8mb3_bin');
    });

    it('a system-versioned table: its rows; what they were before goes into its history', async () => {
      await database.query('CREATE TABLE v (id INT PRIMARY KEY, n INT) WITH SYSTEM VERSIONING');
      await database.query('INSERT INTO v VALUES (1, 1), (2, 2)');
      const saved = await save(dataSource);
      await database.query('UPDATE v SET n = 7');
      await restore(dataSource, saved);
      expect(await save(dataSource)).toEqual(saved);
      expect(await database.query('SELECT id FROM v FOR SYSTEM_TIME ALL')).toHaveLength(6);
    });

    it('a sequence that had run out', async () => {
      await database.query('CREATE SEQUENCE s MAXVALUE 3 CACHE 1');
      await database.query('SELECT NEXTVAL(s), NEXTVAL(s), NEXTVAL(s)');
      const saved = await save(dataSource);
      await database.query('ALTER SEQUENCE s RESTART 2');
      await restore(dataSource, saved);
      expect(await save(dataSource)).toEqual(saved);
    });
  });

  describe('refuses', () => {
    const refused = async (message: RegExp, tables?: string[], from = dataSource) => {
      const before = await fingerprint(database);
      const session = await open(undefined, from);
      const list = tables ? tables.map((name) => find(session, name)) : session.tables;
      await expect(session.begin(randomUUID(), list)).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringMatching(message),
      });
      await session.close();
      expect(await fingerprint(database)).toBe(before);
    };

    it('a table of an engine without transactions', async () => {
      await prepare();
      await database.query('CREATE TABLE old (id INT) ENGINE MyISAM');
      await refused(/"old".*MyISAM/);
    });

    it('to empty what rows outside of the list refer to; others are no hindrance', async () => {
      await prepare();
      await refused(/"teams".*"users".*"lead_fk"/, ['users']);
      await database.query('SET foreign_key_checks = 0');
      await database.query('UPDATE users SET team = NULL');
      await database.query('DELETE FROM teams');
      const session = await open();
      await session.begin(randomUUID(), [find(session, 'users')]);
      await session.complete([]);
    });

    it('triggers that it could not put back, before one is dropped', async () => {
      await prepare();
      const user = `u${randomUUID().slice(0, 8)}`;
      for (const host of ['%', 'localhost']) {
        await database.query(`CREATE USER '${user}'@'${host}' IDENTIFIED BY 'pw'`);
        cleanups.push(() => database.query(`DROP USER '${user}'@'${host}'`));
        const [{ name }] = (await database.query('SELECT DATABASE() AS name')) as [any];
        await database.query(`GRANT ALL ON \`${name}\`.* TO '${user}'@'${host}'`);
      }
      const asUser = await connect(database, {
        url: Object.assign(new URL(url()), { username: user, password: 'pw' }).href,
      });
      cleanups.push(() => asUser.destroy());
      await refused(/nobody@nowhere|root@/, undefined, asUser);
      for (const host of ['%', 'localhost']) {
        const [{ name }] = (await database.query('SELECT DATABASE() AS name')) as [any];
        await database.query(`REVOKE TRIGGER ON \`${name}\`.* FROM '${user}'@'${host}'`);
      }
      await refused(/trigger/, undefined, asUser); // It would not even see them.
    });

    it('a trigger with accents in another character set', async () => {
      await database.query('CREATE TABLE t (v VARCHAR(9))');
      await database.query('SET character_set_client = latin1');
      await database.query(`CREATE TRIGGER accent BEFORE INSERT ON t FOR EACH ROW SET NEW.v = 'é'`);
      await database.query('SET NAMES utf8mb4');
      await refused(/"accent".*latin1/);
    });
  });

  describe('changes nothing when', () => {
    it('a foreign key is violated, also by a table outside of the list', async () => {
      const saved = await prepare();
      const before = await fingerprint(database);
      const users = saved.tables.find(({ name }) => name === 'users')!;
      const boss = users.columns.findIndex(({ name }) => name === 'boss');
      users.rows[0]![boss] = 77;
      await expect(restore(dataSource, saved)).rejects.toMatchObject({
        code: 'RESTORE_FAILED',
        message: expect.stringMatching(/"users".*"boss_fk"/),
      });
      expect(await fingerprint(database)).toBe(before);
      users.rows[0]![boss] = null;
      users.rows.splice(0, 3);
      const log = saved.tables.find(({ name }) => name === 'log')!;
      await expect(restore(dataSource, { ...saved, tables: [users, log] })).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
      });
      expect(await fingerprint(database)).toBe(before);
      expect(await marks()).toEqual([]);
    });

    it('a composite foreign key is violated; one with a NULL is not', async () => {
      await database.query('CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b))');
      await database.query('CREATE TABLE c (x INT, y INT, CONSTRAINT both_fk FOREIGN KEY (x, y) REFERENCES p (a, b))');
      await database.query('INSERT INTO p VALUES (1, 2)');
      await database.query('INSERT INTO c VALUES (1, 2), (NULL, 9), (9, NULL)');
      const saved = await save(dataSource);
      await restore(dataSource, saved);
      saved.tables[0]!.rows.push([2, 1]);
      await expect(restore(dataSource, saved)).rejects.toMatchObject({
        message: expect.stringMatching(/"c".*"both_fk"/),
      });
    });

    it('it is closed before its end, twice', async () => {
      const saved = await prepare();
      const before = await fingerprint(database);
      const session = await begun();
      await loadAll(session, saved);
      await session.complete(saved.sequences);
      expect(
        await database.query('SELECT 1 FROM information_schema.triggers WHERE trigger_schema = DATABASE()'),
      ).toEqual([]);
      await session.close();
      await session.close();
      expect(await fingerprint(database)).toBe(before);
    });

    it.each(['begin', 'load', 'complete'])('its connection is killed after %s', async (moment) => {
      const saved = await prepare();
      const before = await fingerprint(database);
      const id = randomUUID();
      const session = await begun(id);
      if (moment !== 'begin') await loadAll(session, saved);
      if (moment === 'complete') await session.complete(saved.sequences);
      const [{ c }] = (await database.query(`SELECT IS_USED_LOCK('nestjs-restore:${id}') AS c`)) as [any];
      await database.query(`KILL ${c}`);
      const next = {
        begin: () => loadAll(session, saved),
        load: () => session.complete([]),
        complete: () => session.commit(),
      };
      // A commit may be on its way before the loss is known.
      const code = moment === 'complete' ? /DATABASE_UNAVAILABLE|OUTCOME_UNKNOWN/ : /DATABASE_UNAVAILABLE/;
      await expect(next[moment as 'begin']()).rejects.toMatchObject({ code: expect.stringMatching(code) });
      await session.close();
      expect(await fingerprint(database)).toBe(before);
      expect(await mysqlRestore(dataSource).wasCommitted(id)).toBe(false);
    });

    it('it loaded keys above the counter, which no rollback takes back', async () => {
      const saved = await prepare();
      const before = await fingerprint(database);
      const users = saved.tables.find(({ name }) => name === 'users')!;
      users.rows.push([7_000, 'late', null, null]);
      const session = await begun();
      await loadAll(session, saved);
      await session.close();
      expect(await fingerprint(database)).toBe(before);
    });

    it('its client is gone and the server has not noticed', async () => {
      const saved = await prepare();
      const before = await fingerprint(database);
      const id = randomUUID();
      const session = await begun(id);
      await loadAll(session, saved);
      const dialect = mysqlRestore(dataSource);
      expect(await dialect.wasCommitted(id)).toBe(false);
      await dialect.recover();
      expect(await fingerprint(database)).toBe(before);
      await expect(session.commit()).rejects.toMatchObject({ code: expect.stringMatching(/UNAVAILABLE|UNKNOWN/) });
      await session.close();
      expect(await fingerprint(database)).toBe(before);
    });

    it('it is aborted, while its source stands still', async () => {
      const saved = await prepare();
      const before = await fingerprint(database);
      const abort = new AbortController();
      const session = await begun(undefined, abort.signal);
      const stuck: AsyncIterable<LineValue[][]> = {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
      };
      const loading = session.load(session.tables[0]!, [], stuck);
      const start = performance.now();
      setTimeout(() => abort.abort(), 50);
      await expect(loading).rejects.toMatchObject({ code: 'ABORTED' });
      expect(performance.now() - start).toBeLessThan(500);
      await expect(session.complete(saved.sequences)).rejects.toMatchObject({ code: 'ABORTED' });
      await expect(session.commit()).rejects.toMatchObject({ code: 'ABORTED' });
      await session.close();
      expect(await fingerprint(database)).toBe(before);
    });
  });

  describe('the outcome', () => {
    it.each(['before the server hears of it', 'when the server has done it'])(
      'is unknown when the connection breaks at the commit, %s; the mark knows it',
      async (moment) => {
        const saved = await prepare();
        const before = await fingerprint(database);
        const { proxy, options } = await TcpProxy.before(database.options);
        cleanups.push(async () => proxy.close());
        const through = await connect({ options });
        cleanups.push(() => through.destroy().catch(() => {}));
        const session = await open(undefined, through);
        const id = randomUUID();
        await session.begin(id, session.tables);
        await loadAll(session, saved);
        await session.complete(saved.sequences);
        const inner = (session as unknown as { session: { query(sql: string): Promise<unknown> } }).session;
        const query = inner.query.bind(inner);
        inner.query = async (sql, ...rest: []) => {
          if (sql === 'COMMIT') {
            if (moment.startsWith('when')) await query(sql);
            proxy.refuse();
          }
          return query(sql, ...rest);
        };
        await expect(session.commit()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
        await expect(session.close()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
        const dialect = mysqlRestore(dataSource);
        expect(await dialect.wasCommitted(id)).toBe(moment.startsWith('when'));
        await dialect.recover();
        await dialect.recover();
        if (moment.startsWith('when')) expect(await save(dataSource)).toEqual(saved);
        else expect(await fingerprint(database)).toBe(before);
        expect(await dialect.wasCommitted(id)).toBe(moment.startsWith('when'));
      },
    );
  });

  describe('when others hold a lock', () => {
    it.each([
      ['a row', 'UPDATE log SET what = 1', 'log'],
      ['a table with triggers', 'SELECT * FROM teams', 'teams'],
    ])(
      'on %s, it waits, then gives up by name and puts all back',
      async (_, sql, name) => {
        const saved = await prepare();
        await database.query(`INSERT INTO log VALUES (1, 'x')`);
        const before = await fingerprint(database);
        const other = await client();
        await other.query('START TRANSACTION');
        await other.query(sql);
        const start = performance.now();
        await expect(restore(dataSource, saved)).rejects.toMatchObject({
          code: 'DATABASE_BUSY',
          message: expect.stringContaining(`"${name}"`),
        });
        expect(performance.now() - start).toBeLessThan(25_000);
        await other.query('ROLLBACK');
        expect(await fingerprint(database)).toBe(before);
        expect(await marks()).toEqual([]);
      },
      BUSY_TEST_MS,
    );

    it('for a while, it goes on', async () => {
      const saved = await prepare();
      const other = await client();
      await other.query('START TRANSACTION');
      await other.query('UPDATE teams SET lead = lead');
      const restoring = restore(dataSource, saved);
      await sleep(2_000);
      await other.query('COMMIT');
      await restoring;
      expect(await save(dataSource)).toEqual(saved);
    });
  });

  it('tells which tables hold rows, and leaves its own out', async () => {
    await database.query('CREATE TABLE a (id INT)');
    await database.query('CREATE TABLE b (id INT)');
    await database.query('INSERT INTO b VALUES (1)');
    await restore(dataSource, { tables: [], sequences: [] });
    const session = await open();
    expect(session.tables.map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await session.occupied(session.tables)).map(({ name }) => name)).toEqual(['b']);
    await session.close();
  });

  it('recovers nothing where there is nothing', async () => {
    const dialect = mysqlRestore(dataSource);
    await dialect.recover();
    await dialect.forget(randomUUID());
    expect(await dialect.wasCommitted(randomUUID())).toBe(false);
    expect(await database.query('SHOW TABLES')).toEqual([]);
  });
});
