import type { QueryRunner } from 'typeorm';
import { describeEngine, type TestDatabase } from '../../fixtures/databases.js';
import { version } from '../../fixtures/versioned-host.js';
import { migration, type Place, versionsSuite } from './place.js';

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
  /mariadb/i.test((await query('SELECT VERSION() AS version'))[0].version);

describeEngine('migrations of a restore that does not take place', 'mariadb', (engine) => {
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
