import { setTimeout as sleep } from 'node:timers/promises';
import { describeMysqlEngines, itOn } from '../../fixtures/databases.js';
import { PROCESSLIST } from '../../fixtures/mysql-processlist.js';
import { until } from '../../fixtures/wait.js';
import { find, read } from '../support/lines.js';
import { mysqlSuite } from './harness.js';

const BUSY_TEST_MS = 180_000;

describeMysqlEngines('mysql snapshot and locked tables', (engine) => {
  const { client, query, snapshot, userBeginningWith } = mysqlSuite(engine);

  it.each(['TRUNCATE TABLE t', 'ALTER TABLE t ADD extra INT', 'DROP TABLE t'])('makes %s wait', async (sql) => {
    await query('CREATE TABLE t (id INT PRIMARY KEY)');
    await query('INSERT INTO t VALUES (1)');
    const opened = await snapshot();
    const other = await client();
    await other.query('SET SESSION lock_wait_timeout = 1');
    await expect(other.query(sql)).rejects.toMatchObject({ errno: 1205 });
    expect(await read(opened, 't')).toHaveLength(1);
    await opened.close();
    await other.query(sql);
  });

  it('waits for a table that is locked for a while', async () => {
    await query('CREATE TABLE t (id INT PRIMARY KEY)');
    const other = await client();
    await other.query('LOCK TABLES t WRITE');
    // Trying again takes a ROLLBACK, which would end the connection.
    const { url } = await userBeginningWith({ completion_type: `'RELEASE'` });
    const opening = snapshot({ dataSource: { url } });
    await sleep(1_500);
    await other.query('INSERT INTO t VALUES (1)');
    await other.query('UNLOCK TABLES');
    expect(await read(await opening, 't')).toHaveLength(1);
  });

  it(
    'gives up on a table that stays locked, and says which',
    async () => {
      await query('CREATE TABLE free (id INT PRIMARY KEY)');
      await query('CREATE TABLE stuck (id INT PRIMARY KEY)');
      const other = await client();
      await other.query('LOCK TABLES stuck WRITE');
      await expect(snapshot()).rejects.toMatchObject({
        code: 'DATABASE_BUSY',
        message: expect.stringContaining('"stuck"'),
      });
    },
    BUSY_TEST_MS,
  );

  itOn(
    'mariadb',
    engine,
    'CREATE OR REPLACE TABLE',
  )('misses no column of a table whose definition cannot be read for a moment, chosen or not', async () => {
    await query('CREATE TABLE t (id INT PRIMARY KEY)');
    // Where the server keeps no warnings, nothing says that a definition is missing.
    const { url } = await userBeginningWith({ max_error_count: '0' });
    const other = await client();
    let replacing: Promise<unknown> | undefined;
    const choose = () => {
      // Between the two times that the catalog is read.
      replacing ??= other.query('CREATE OR REPLACE TABLE t AS SELECT SLEEP(5) AS s, 5 AS five');
      standStill(300);
      return [];
    };
    const opened = await snapshot({ choose, dataSource: { url } });
    await replacing;
    expect(await opened.select(find(opened, 't'), ['five'], 'five')).toEqual([['5']]);
  });

  it('stops waiting for a locked table when it is aborted', async () => {
    await query('CREATE TABLE t (id INT PRIMARY KEY)');
    const other = await client();
    await other.query('LOCK TABLES t WRITE');
    const abort = new AbortController();
    const opening = snapshot({ signal: abort.signal });
    const waits = `SELECT 1 FROM ${PROCESSLIST} WHERE db = DATABASE() AND state LIKE 'Waiting for table%'`;
    await until('it waits', async () => (await query(waits)).length > 0, 10_000);
    abort.abort(new Error('the client left'));
    // Otherwise it would be DATABASE_BUSY, after a while.
    await expect(opening).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

/** Holds this process, not the server. */
function standStill(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
