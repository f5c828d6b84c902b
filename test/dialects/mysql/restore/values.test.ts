import { describeMysqlEngines } from '../../../fixtures/databases.js';
import { LoopWatch } from '../../../fixtures/event-loop.js';
import { numbers } from '../../../fixtures/mysql-numbers.js';
import { nameOf } from '../../../fixtures/mysql-users.js';
import { allowing } from '../../../fixtures/wait.js';
import { restore, save } from '../../support/saved.js';
import { mysqlSuite, type Pair } from '../harness.js';

describeMysqlEngines('values that a restore of MySQL loads', (engine) => {
  const { createPair } = mysqlSuite(engine);
  let { source, target, from, to, both } = {} as Pair;

  beforeEach(async () => {
    ({ source, target, from, to, both } = await createPair());
  });

  /** Compared by the server. */
  async function same(table: string, exact: string): Promise<void> {
    const [one, other] = [nameOf(source), nameOf(target)];
    const select = (database: string) => `SELECT id, ${exact} AS v FROM ${database}.${table}`;
    const [row] = await target.query(
      `SELECT (SELECT COUNT(*) FROM ${one}.${table}) AS source, (SELECT COUNT(*) FROM ${other}.${table}) AS target,
        (SELECT COUNT(*) FROM (${select(one)}) a JOIN (${select(other)}) b ON a.id <=> b.id AND a.v <=> b.v) AS equal`,
    );
    expect(Number(row!.source)).toBeGreaterThan(0);
    expect([table, exact, row!.target, row!.equal]).toEqual([table, exact, row!.source, row!.source]);
  }

  it('of 50 MB in one row arrive whole, and a value that no packet takes is refused by name', async () => {
    await both('CREATE TABLE big (id INT, a LONGBLOB, b LONGBLOB, c LONGTEXT, d LONGTEXT)');
    await source.query(
      `INSERT INTO big VALUES (1, REPEAT('\\0x', 6500000), REPEAT('b', 16777216), REPEAT('ü', 6500000), REPEAT('"', 13000000))`,
    );
    const saved = await save(from);
    await restore(to, saved);
    const sums = 'SELECT SHA2(a, 256) AS a, SHA2(b, 256) AS b, SHA2(c, 256) AS c, SHA2(d, 256) AS d FROM big';
    expect(await target.query(sums)).toEqual(await source.query(sums));
    const [{ most }] = (await target.query('SELECT @@max_allowed_packet AS most')) as [{ most: number }];
    saved.tables[0]!.rows[0]![1] = Buffer.alloc(Number(most) + 1).toString('base64');
    await expect(restore(to, saved)).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(new RegExp(`"big".*${Number(most) + 1}.*max_allowed_packet`)),
    });
    expect(await target.query(sums)).toEqual(await source.query(sums));
  });

  it('of many rows arrive, wide and narrow ones, an id of 0 and tables without key or columns to load', async () => {
    await both('CREATE TABLE many (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200), w VARBINARY(200))');
    await both('CREATE TABLE keyless (id INT, v INT)');
    await both(
      `CREATE TABLE computed (id INT AUTO_INCREMENT PRIMARY KEY, h INT INVISIBLE DEFAULT 7, g INT AS (h + 1) STORED)`,
    );
    await both(`CREATE TABLE wide (id INT PRIMARY KEY, ${Array.from({ length: 30 }, (_, i) => `c${i} TEXT`).join()})`);
    await source.query(`SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'`);
    await source.query(
      `INSERT INTO many SELECT seq, REPEAT(CHAR(33 + seq % 90), seq % 200), UNHEX(SHA2(seq, 256)) FROM ${numbers(0, 99999)}`,
    );
    await source.query('INSERT INTO keyless VALUES (1, 1), (1, 1), (NULL, 2)');
    await source.query('INSERT INTO computed (id, h) VALUES (0, NULL), (5, 6)');
    await source.query(
      `INSERT INTO wide VALUES (1, ${Array.from({ length: 30 }, () => `REPEAT('é''', 20000)`).join()})`,
    );
    const saved = await save(from);
    const watch = new LoopWatch();
    await restore(to, saved);
    expect(watch.stop().longest).toBeLessThan(allowing(500));
    await same('many', 'HEX(v)');
    await same('many', 'HEX(w)');
    await same('computed', 'CONCAT_WS(",", h, g)');
    await same('wide', 'SHA2(CONCAT_WS(",", c0, c15, c29), 256)');
    const keyless = 'SELECT * FROM keyless ORDER BY id, v';
    expect(await target.query(keyless)).toEqual(await source.query(keyless));
  });

  it('that do not fit are refused by column, without a word of them', async () => {
    await both(`CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40) UNIQUE, e ENUM('a','b'), n INT NOT NULL DEFAULT 1)`);
    await source.query(`INSERT INTO t VALUES (1, 'secret one', 'a', 1), (2, 'secret two', 'b', 1)`);
    const saved = await save(from);
    const [{ rows }] = saved.tables as [(typeof saved.tables)[0]];
    const attempt = async (column: number, value: string | number | null, expected: RegExp) => {
      const before = rows[1]![column]!;
      rows[1]![column] = value;
      const error = await restore(to, saved).then(
        () => undefined,
        (caught: Error) => caught,
      );
      rows[1]![column] = before;
      expect(error).toMatchObject({ code: 'RESTORE_FAILED', message: expect.stringMatching(expected) });
      expect(JSON.stringify([error!.message, (error!.cause as Error)?.message, error!.cause])).not.toContain('secret');
      expect(await target.query('SELECT * FROM t')).toEqual([]);
    };
    await attempt(1, 'secret one', /"t".*unique key "v"/);
    await attempt(1, `secret ${'x'.repeat(50)}`, /"t".*column "v"/);
    await attempt(2, 'secret label', /"t".*column "e"/);
    await attempt(3, null, /"t".*column "n"/);
    await attempt(3, 'secret number', /"t".*column "n"/);
    await attempt(3, 3_000_000_000, /"t".*column "n"/);
    // An error value, which only a lenient server takes, must not let another value be cut.
    rows[1]![2] = '';
    await attempt(3, 3_000_000_000, /"t"/);
    await attempt(1, `secret ${'x'.repeat(50)}`, /"t"/);
  });
});
