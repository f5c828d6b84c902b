import { execFileSync } from 'node:child_process';
import { mysqlDialect } from '../../../lib/database/dialects/mysql/index.js';
import { describeMysqlEngines } from '../../fixtures/databases.js';
import { numbers } from '../../fixtures/mysql-numbers.js';
import { until } from '../../fixtures/wait.js';
import { read } from '../support/lines.js';
import { mysqlSuite } from './harness.js';

describeMysqlEngines('mysql snapshot', (engine) => {
  const { client, connect, createUser, query, snapshot, url } = mysqlSuite(engine);

  it('shows one moment while money moves and rows come and go', async () => {
    await query('CREATE TABLE accounts (id INT PRIMARY KEY, balance INT, pad CHAR(200))');
    await query(`INSERT INTO accounts SELECT seq, 100, REPEAT('p', 200) FROM ${numbers(1, 5000)}`);
    await query('CREATE TABLE moves (id INT AUTO_INCREMENT PRIMARY KEY)');
    const writer = await client();
    let moving = true;
    let moves = 0;
    const move = async () => {
      for (; moving; moves++) {
        await writer.query('START TRANSACTION');
        await writer.query(`UPDATE accounts SET balance = balance - 1 WHERE id = ${1 + (moves % 2500)}`);
        await writer.query(`UPDATE accounts SET balance = balance + 1 WHERE id = ${5000 - (moves % 2500)}`);
        await writer.query('INSERT INTO moves VALUES ()');
        await writer.query(`DELETE FROM accounts WHERE id = ${6000 + moves}`);
        await writer.query(`INSERT INTO accounts VALUES (${6001 + moves}, 0, '')`);
        await writer.query('COMMIT');
      }
    };
    const mover = move();
    await until('money moves', () => moves > 0, 20_000);
    const opened = await snapshot();
    const seen = moves;
    await until('it moves on', () => moves > seen + 10, 20_000);
    const accounts = await read(opened, 'accounts', 20);
    const counted = await read(opened, 'moves');
    moving = false;
    await mover;
    expect(accounts.reduce((sum, { fields }) => sum + Number(fields.balance), 0)).toBe(500_000);
    expect(accounts).toHaveLength(5001);
    expect(Math.max(...accounts.map(({ pk }) => Number(pk)))).toBe(6000 + counted.length);
  });

  it('has the tables and columns of its moment, locked, when the schema changes while it begins', async () => {
    await query('CREATE TABLE t (id INT PRIMARY KEY)');
    await query('INSERT INTO t VALUES (1)');
    let calls = 0;
    const opened = await snapshot({
      choose: (tables) => {
        if (calls++ === 0) runElsewhere(url(), 'ALTER TABLE t ADD late INT DEFAULT 9', 'CREATE TABLE latest (id INT)');
        return tables;
      },
    });
    expect(await read(opened, 't')).toEqual([{ model: 't', pk: 1, fields: { late: 9 } }]);
    const other = await client();
    await other.query('SET SESSION lock_wait_timeout = 1');
    await expect(other.query('TRUNCATE TABLE latest')).rejects.toMatchObject({ errno: 1205 });
  });

  it.each(['GRANT SELECT (id) ON', 'GRANT INSERT ON'])('refuses a table with too few privileges: %s', async (grant) => {
    await query('CREATE TABLE secret (id INT PRIMARY KEY, v INT)');
    const user = await createUser(grant, '.secret');
    await expect(snapshot({ dataSource: { url: user.url } })).rejects.toMatchObject({
      code: 'DATABASE_FAILED',
      message: expect.stringContaining('"secret"'),
    });
  });

  it('says so when the server is not there', async () => {
    const dataSource = await connect();
    Object.assign(dataSource.options, { url: 'mysql://root@127.0.0.1:1/nowhere' });
    const absent = mysqlDialect(dataSource);
    await expect(absent.snapshot({ choose: (tables) => tables })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    await expect(absent.lock()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });
});

/** Runs statements to their end while this process stands still. */
function runElsewhere(uri: string, ...statements: string[]): void {
  const script = `import('mysql2/promise').then(async ({ createConnection }) => {
    const connection = await createConnection(${JSON.stringify(uri)});
    for (const sql of ${JSON.stringify(statements)}) await connection.query(sql);
    await connection.end();
  })`;
  execFileSync(process.execPath, ['-e', script]);
}
