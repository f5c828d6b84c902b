import type { QueryRunner } from 'typeorm';
import { describeMysqlEngines, type TestDatabase } from '../../fixtures/databases.js';
import { PROCESSLIST } from '../../fixtures/mysql-processlist.js';
import { otherSession } from '../../fixtures/other-session.js';
import { changeSessions } from '../../fixtures/restore-sessions.js';
import { version } from '../../fixtures/versioned-host.js';
import { until } from '../../fixtures/wait.js';
import { MIGRATE, migration, type Place, versionsSuite } from './place.js';

const { place, versionOne } = versionsSuite();

const HISTORY =
  'CREATE TABLE migrations (id int AUTO_INCREMENT PRIMARY KEY, timestamp bigint NOT NULL, name varchar(255) NOT NULL)';
const VIEW = 'CREATE VIEW kept_view AS SELECT 42 AS answer';
const SEQUENCE = 'CREATE SEQUENCE kept_sequence START WITH 7';
const ROUTINE = 'CREATE PROCEDURE kept_routine() SELECT 1';

/** Everything that the server knows of the database, and what the kept ones hold. */
async function found({ query }: TestDatabase) {
  return query(`SELECT table_type AS type, table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()
    UNION ALL SELECT routine_type, routine_name FROM information_schema.routines WHERE routine_schema = DATABASE()
    UNION ALL SELECT 'EVENT', event_name FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1, 2`);
}

const isMariaDb = async ({ query }: TestDatabase) =>
  /mariadb/i.test((await query('SELECT VERSION() AS version'))[0]!.version);

describeMysqlEngines('migrations of a restore that does not take place', (engine) => {
  async function holding(statements: readonly string[]): Promise<Place> {
    const target = await place(engine);
    for (const sql of statements) {
      if (!sql.includes('SEQUENCE') || (await isMariaDb(target.database))) await target.database.query(sql);
    }
    return target;
  }

  it.each([
    ['a view', [VIEW]],
    ['a view, a sequence and a routine', [VIEW, SEQUENCE, ROUTINE]],
    ['the history of migrations alone', [HISTORY]],
    ['a history, a view and a sequence', [HISTORY, VIEW, SEQUENCE]],
  ])('leave %s as they were, and nothing else, after a dry run', async (_, statements) => {
    const { archive } = await versionOne(engine);
    const target = await holding(statements);
    await target.start(version(3));
    const before = await found(target.database);
    const report = await target.restore(archive, { dryRun: true });
    expect(report.migrations.run).toHaveLength(3);
    expect(await found(target.database)).toEqual(before);
    if (statements.includes(HISTORY)) expect(await target.database.query('SELECT * FROM migrations')).toEqual([]);
    if (statements.includes(VIEW)) {
      expect(await target.database.query('SELECT * FROM kept_view')).toEqual([{ answer: expect.anything() }]);
    }
    await target.restore(archive);
    expect(await target.database.query('SELECT count(*) AS n FROM book')).toEqual([{ n: expect.anything() }]);
  });

  it.each([
    ['replace a view', 'CREATE OR REPLACE VIEW kept_view AS SELECT 43 AS answer'],
    ['drop a view', 'DROP VIEW IF EXISTS kept_view'],
    ['change a sequence', 'ALTER SEQUENCE kept_sequence RESTART 99'],
    ['rename the view', 'RENAME TABLE kept_view TO other_view'],
  ])('are refused where they would %s that was there before, and could not put it back', async (_, sql) => {
    const [source, target] = [await holding([VIEW, SEQUENCE]), await holding([VIEW, SEQUENCE])];
    if (sql.includes('SEQUENCE') && !(await isMariaDb(target.database))) return;
    const changing = version(1, [migration({ up: (runner) => runner.query(sql) })]);
    await source.start({ ...changing, ...MIGRATE });
    const archive = await source.archive();
    await target.start(changing);
    const before = await found(target.database);
    for (const dryRun of [true, false]) {
      await expect(target.restore(archive, { dryRun })).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringMatching(/"kept_(view|sequence)", which already exists/),
      });
      expect(await found(target.database)).toEqual(before);
      const [row] = await target.database.query('SELECT answer FROM kept_view');
      expect(Number(row!.answer)).toBe(42);
    }
  });

  it('leave rows that others write into the new tables meanwhile, while the restore is refused', async () => {
    const writing: { to?: TestDatabase } = {};
    const up = async () => void (await writing.to?.query(`INSERT INTO shelf (name) VALUES ('a paid order')`));
    const newer = version(3, [migration({ up })]);
    const [source, target] = [await place(engine), await place(engine)];
    await source.start({ ...newer, ...MIGRATE });
    const archive = await source.archive();
    await target.start(newer);
    writing.to = target.database;
    await expect(target.restore(archive)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('"shelf" holds rows'),
    });
    expect(await target.database.query('SELECT name FROM shelf')).toEqual([{ name: 'a paid order' }]);
  });

  it('leave rows that are committed while the restore waits, in a table with rows of its own', async () => {
    const [source, target] = [await place(engine), await place(engine)];
    await source.start({ ...version(3), ...MIGRATE });
    const archive = await source.archive();
    await target.start(version(3));
    const other = await otherSession(target.database);
    await other.run('START TRANSACTION');
    changeSessions(target.app, (session) => {
      const begin = session.begin.bind(session);
      session.begin = async (...args) => {
        await other.run(`INSERT INTO tag VALUES ('a paid order')`);
        await other.run(`INSERT INTO tag VALUES ('zero orders')`);
        return begin(...args);
      };
    });
    const result = target.restore(archive).catch((error: unknown) => error);
    const waiting = `SELECT 1 FROM ${PROCESSLIST} WHERE db = DATABASE() AND id <> CONNECTION_ID()
      AND ${engine.name === 'mariadb' ? 'time_ms > 300' : 'time > 0'} AND (info LIKE '%LOCK IN SHARE MODE%' OR info LIKE '%FOR UPDATE%' OR info LIKE 'DELETE %')`;
    await until('the restore waits', async () => (await target.database.query(waiting)).length > 0, 30_000);
    await other.run('COMMIT');
    await other.end();
    expect(await result).toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('"tag" holds rows'),
    });
    expect(await target.database.query(`SELECT name FROM tag WHERE name LIKE '%order%'`)).toHaveLength(2);
  });

  it('say in a dry run that they stay, with rows that others have written into the new tables', async () => {
    const [source, target] = [await place(engine), await place(engine)];
    await source.start({ ...version(3), ...MIGRATE });
    const archive = await source.archive();
    await target.start(version(3));
    changeSessions(target.app, (session) => {
      const close = session.close.bind(session);
      session.close = async () => {
        await close();
        await target.database.query(`INSERT INTO tag VALUES ('a paid order')`);
      };
    });
    await expect(target.restore(archive, { dryRun: true })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('into the table "tag"'),
    });
    expect(await target.database.query(`SELECT name FROM tag ORDER BY name`)).toEqual([
      { name: 'a paid order' },
      { name: 'seeded' },
    ]);
  });

  it('leave what others make meanwhile, and take away whatever they have made themselves', async () => {
    const { archive } = await versionOne(engine);
    const target = await holding([VIEW]);
    const others: Array<Promise<unknown>> = [];
    const up = async (runner: QueryRunner) => {
      await runner.query('CREATE VIEW made_view AS SELECT 1 AS one');
      await runner.query('CREATE PROCEDURE made_routine() CREATE TABLE made_by_routine (id int)');
      await runner.query('CALL made_routine()');
      const other = runner.connection.createQueryRunner();
      await other.query('CREATE TABLE made_beside (id int)').finally(() => other.release());
      await target.database.query('CREATE TABLE of_another_process (id int PRIMARY KEY)');
      await target.database.query('INSERT INTO of_another_process VALUES (1)');
      throw new Error('The last step.');
    };
    await target.start(version(3, [migration({ up })]));
    const before = await found(target.database);
    const onProgress = () => {
      if (others.length === 0) others.push(target.database.query('CREATE TABLE of_a_third_process (id int)'));
    };
    await expect(target.restore(archive, { onProgress })).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
    await Promise.all(others);
    const made = (await found(target.database)).filter(({ name }) => !before.some((one) => one.name === name));
    expect(made.map(({ name }) => name).toSorted()).toEqual(['of_a_third_process', 'of_another_process']);
    expect(await target.database.query('SELECT * FROM of_another_process')).toHaveLength(1);
  });
});
