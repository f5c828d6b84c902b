import { dialectFor } from '../../../../lib/database/dialects/registry.js';
import { describeMysqlEngines } from '../../../fixtures/databases.js';
import { nameOf } from '../../../fixtures/mysql-users.js';
import { oddText } from '../../../fixtures/odd-texts.js';
import { type Chance, sampled } from '../../../fixtures/streams.js';
import { find } from '../../support/lines.js';
import { loadBy, type TableLines, WAYS } from '../../support/ways.js';
import { mysqlSuite, type Pair } from '../harness.js';

/** One column of each kind that is sent as it is. */
const CREATE = `CREATE TABLE t (id BIGINT PRIMARY KEY, n INT, small TINYINT, y YEAR, price DECIMAL(30,10), f DOUBLE,
  moment DATETIME(6), short VARCHAR(400), old VARCHAR(50) CHARACTER SET latin1, free LONGTEXT)
  CHARACTER SET utf8mb4`;
const ROWS = 700;
/** Around those that are written with one, three and four bytes, and what a statement takes. */
const LENGTHS = [0, 1, 250, 251, 252, 2 ** 12, 2 ** 14 - 200, 2 ** 14, 2 ** 16 - 1, 2 ** 16, 2 ** 18];

function row(chance: Chance, id: number): unknown[] {
  const values = [
    chance.between(-(2 ** 31), 2 ** 31 - 1),
    chance.between(-128, 127),
    chance.of([0, 1901, 2155]),
    chance.of(['-12345678901234567890.0123456789', '0', '7.5']),
    chance.of([0, -1.5, 1e300, 5e-324, 0.1]),
    chance.of(['1000-01-01 00:00:00', '9999-12-31 23:59:59.999999']),
    oddText(chance, 4),
    chance.of(['', 'é', "it's", 'NULL']),
    chance.between(0, 30) === 0 ? 'ü'.repeat(chance.of(LENGTHS)) : oddText(chance, 30),
  ];
  return [id, ...values.map((value) => (chance.between(0, 5) === 0 ? null : value))];
}

describeMysqlEngines('lines that MySQL gets without their values being parsed', (engine) => {
  const { createPair } = mysqlSuite(engine);
  let { source, target, from, to, both } = {} as Pair;
  beforeEach(async () => {
    ({ source, target, from, to, both } = await createPair());
  });

  async function linesOf(name: string): Promise<TableLines> {
    const snapshot = await dialectFor(from).snapshot({ choose: (tables) => tables });
    const table = find(snapshot, name);
    const chunks: Buffer[] = [];
    for await (const { bytes } of snapshot.lines(table, name)) chunks.push(Buffer.from(bytes));
    await snapshot.close();
    return { table, bytes: Buffer.concat(chunks) };
  }

  /** How many rows of `t` are in both, as the server compares their bytes. */
  async function same(columns: readonly string[]): Promise<number> {
    const digest = (database: string) =>
      `SELECT id, SHA2(CONCAT_WS('|', ${columns.map((name) => `IFNULL(HEX(${name}), '-')`).join(', ')}), 256) AS v FROM ${database}.t`;
    const [one, other] = [nameOf(source), nameOf(target)];
    const [found] = await target.query(
      `SELECT COUNT(*) AS n FROM (${digest(one)}) a JOIN (${digest(other)}) b ON a.id = b.id AND a.v = b.v`,
    );
    return Number(found!.n);
  }

  it('store what their values store, and what was saved', () =>
    sampled(2, async (chance) => {
      for (const sql of ['DROP TABLE IF EXISTS t', CREATE]) await both(sql);
      const width = row(chance, 0).length;
      for (let id = 0; id < ROWS; id += 50) {
        const rows = Array.from({ length: 50 }, (_, index) => row(chance, id + index));
        const marks = rows.map(() => `(${Array(width).fill('?').join()})`).join();
        await source.query(`INSERT INTO t VALUES ${marks}`, rows.flat());
      }
      const lines = await linesOf('t');
      const names = lines.table.columns.map(({ name }) => name);
      for (const way of WAYS) {
        await loadBy(way, to, lines);
        expect([way, await same(names)]).toEqual([way, ROWS]);
      }
    }));

  it('store nothing when the last of them is none of their table', async () => {
    await both('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), n INT)');
    await source.query(`INSERT INTO t VALUES (1, 'one', 1), (2, 'two', 2), (3, 'three', 3)`);
    await target.query(`INSERT INTO t VALUES (7, 'seven', 7)`);
    const { table, bytes } = await linesOf('t');
    for (const fields of ['"v":7,"n":3', '"v":"thr\tee","n":3', '"v":"three","n":"3"', '"w":"three","n":3']) {
      const forged = Buffer.from(bytes.toString().replace('"v":"three","n":3', fields));
      expect(forged).not.toEqual(bytes);
      for (const way of ['lines', 'found'] as const) {
        await expect(loadBy(way, to, { table, bytes: forged })).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
        expect(await target.query('SELECT id FROM t')).toEqual([{ id: 7 }]);
      }
    }
  });

  it('are refused by column and without a word of them where a value does not fit', async () => {
    await both('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20))');
    await source.query(`INSERT INTO t VALUES (1, 'secret one'), (2, 'secret two')`);
    const lines = await linesOf('t');
    await target.query('ALTER TABLE t MODIFY v VARCHAR(5)');
    for (const way of WAYS) {
      const refused = await loadBy(way, to, lines).catch((error: Error) => error);
      expect(refused).toMatchObject({ code: 'RESTORE_FAILED', message: expect.stringMatching(/"v"/) });
      expect(String(refused)).not.toContain('secret');
    }
  });
});
