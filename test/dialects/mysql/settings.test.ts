import { setTimeout as sleep } from 'node:timers/promises';
import type { Snapshot } from '../../../lib/database/dialects/dialect.js';
import { describeMysqlEngines, itOn } from '../../fixtures/databases.js';
import { numbers } from '../../fixtures/mysql-numbers.js';
import { find, read } from '../support/lines.js';
import { mysqlSuite } from './harness.js';

/** 120 MB: far more than sockets buffer. */
const ROWS = 15_000;

/** What changes the look of values and how many rows there are is in nothing-lost/types-mysql.test.ts. */
describeMysqlEngines('a snapshot of MySQL, in sessions that begin with settings of their own', (engine) => {
  const { beginOwnSessionsWith, query, snapshot, userBeginningWith } = mysqlSuite(engine);

  async function snapshotBeginningWith(settings: Record<string, string>): Promise<Snapshot> {
    const { url } = await userBeginningWith(settings);
    return snapshot({ dataSource: { url } });
  }

  it('gives a reader that stalls every row, whatever the limits of statements and of waiting for it', async () => {
    await query(
      `CREATE TABLE t (id INT PRIMARY KEY, v TEXT) AS SELECT seq AS id, REPEAT('x', 8000) AS v FROM ${numbers(1, ROWS)}`,
    );
    beginOwnSessionsWith('net_write_timeout = 1, net_retry_count = 1');
    const opened = await snapshotBeginningWith({
      max_statement_time: '0.3',
      max_execution_time: '300',
      max_join_size: '1',
      sql_big_selects: '0',
    });
    let rows = 0;
    for await (const block of opened.lines(find(opened, 't'), 't')) {
      if (rows === 0) await sleep(2_500);
      rows += block.count;
    }
    expect(rows).toBe(ROWS);
  });

  it('stays open between two tables, whatever the limits of idle connections', async () => {
    await query('CREATE TABLE t AS SELECT 1 AS id');
    const opened = await snapshotBeginningWith({
      wait_timeout: '1',
      idle_transaction_timeout: '1',
      idle_readonly_transaction_timeout: '1',
    });
    await sleep(2_000);
    expect(await read(opened, 't')).toHaveLength(1);
  });

  it('shows one moment, whatever the isolation of transactions', async () => {
    await query('CREATE TABLE t AS SELECT 1 AS id');
    const opened = await snapshotBeginningWith({
      tx_isolation: `'READ-COMMITTED'`,
      transaction_isolation: `'READ-COMMITTED'`,
    });
    await query('INSERT INTO t VALUES (2)');
    expect(await read(opened, 't')).toHaveLength(1);
  });

  itOn(
    'mariadb',
    engine,
    'system versioning',
  )('shows the present rows of tables with a history, whatever time is asked for', async () => {
    await query('CREATE TABLE t (id INT PRIMARY KEY) WITH SYSTEM VERSIONING');
    await query('INSERT INTO t VALUES (1)');
    const opened = await snapshotBeginningWith({ system_versioning_asof: `'2001-01-01 00:00:00'` });
    expect(await read(opened, 't')).toHaveLength(1);
  });
});
