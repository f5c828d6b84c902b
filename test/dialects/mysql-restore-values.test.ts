import type { DataSource } from 'typeorm';
import { describeEngine, type TestDatabase } from '../fixtures/databases.js';
import { connect, restore, save } from './mysql-restore.harness.js';

const allBytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** Type and SQL expressions of the values. NULL is added to each. */
const COLUMNS: ReadonlyArray<[type: string, ...values: string[]]> = [
  ['tinyint', '-128', '127'],
  ['tinyint(1)', 'false', 'true'],
  ['smallint unsigned', '0', '65535'],
  ['mediumint', '-8388608'],
  ['int', '-2147483648', '2147483647'],
  ['int unsigned', '4294967295'],
  ['int(8) zerofill', '42', '0'],
  ['bigint', '-9223372036854775808', '9223372036854775807'],
  ['bigint unsigned', '18446744073709551615'],
  ['decimal(65,30)', `'-${'9'.repeat(35)}.${'9'.repeat(30)}'`, `'0.${'0'.repeat(29)}1'`],
  ['decimal(10,2) zerofill', '1.5'],
  ['float', '16777216', '16777218', '3.4028234e38', '1.17549435e-38', '1e-45', `'-0'`, '0.1'],
  ['float(7,2)', '99999.99', '0.1'],
  ['double', '1.7976931348623157e308', '5e-324', `'-0'`, '0.1', '-123456789.123456789'],
  ['double(10,3)', '1234567.891'],
  ['bit(1)', `b'0'`, `b'1'`],
  ['bit(64)', '18446744073709551615', '1'],
  ['year', '1901', '2155', '0'],
  ['date', `'0000-00-00'`, `'2024-00-00'`, `'2024-02-30'`, `'9999-12-31'`],
  ['time(6)', `'-838:59:59'`, `'838:59:58.999999'`, `'-00:00:00.000001'`],
  ['datetime(6)', `'0000-00-00 00:00:00'`, `'2024-02-30 23:59:59.999999'`, `'9999-12-31 00:00:00'`],
  ['timestamp(6)', `'0000-00-00 00:00:00'`, `'1970-01-01 00:00:01'`, `'2038-01-19 03:14:07.999999'`],
  ['char(6)', `'a'`, `''`, `'ä"\\\\'`],
  ['varchar(40)', `'😀 \\n\\t"\\\\/ ?'`, `x'00'`, `x'efbfbd'`, `x'e280a8c28520'`, `'  '`, `x'1f7f'`, `'it''s \\\\'`],
  ['varchar(40)', `x'eda080'`, `x'61edbfbf62'`, `x'eda0bdf09f9880'`], // Single surrogates.
  ['varchar(40) character set utf8mb3', `'表é'`, `x'eda080'`],
  ['varchar(300) character set latin1', `x'${allBytes.toString('hex')}'`],
  ['varchar(40) character set ucs2', `'表é'`, `x'd83d'`, `x'00610062dc00'`],
  ['varchar(40) character set utf16', `'😀'`],
  ['varchar(40) character set utf16le', `'😀'`],
  ['varchar(40) character set utf32', `'😀'`],
  ['varchar(40) character set ascii', `'plain "text"'`],
  ['varchar(40) character set cp1251', `'Привет'`],
  ['varchar(40) character set cp1251', `'Привет'`, `x'98'`], // A code without a character.
  ['varchar(40) character set sjis', `'表示'`],
  ['varchar(40) character set sjis', `'表示'`, `x'8540'`],
  ['varchar(40) character set cp932', `x'eef9'`], // The second code of a character.
  [`enum('a','b') character set cp932`, `'a'`, '0'],
  [`enum('a',x'eef9') character set cp932`, `'a'`, '2', '0'],
  ['longtext', `REPEAT('ü', 100000)`, `CONCAT(REPEAT('x', 300000), x'eda080')`],
  ['longtext character set latin1', `REPEAT('ü', 300000)`],
  ['longtext character set sjis', `CONCAT(REPEAT('表', 100000), x'8540')`],
  ['json', `'{"b": 1.10, "a": [1e400, 12345678901234567890, "\\\\u0000"]}'`],
  ['uuid', 'UUID()'],
  ['inet6', `'2001:db8::ff00:42:8329'`],
  ["set('a','b','it''s')", `''`, `'a,it\\'s'`],
  ["enum('a','\"x\"')", `'"x"'`, '0'],
  ["enum('a','')", `'a'`, `''`, '0'],
  ["enum('it''s','b\\\\\\\\s','')", '1', '2', '3', '0'],
  ['binary(4)', `x'00'`],
  ['varbinary(300)', `x'${allBytes.toString('hex')}'`, `x''`],
  ['longblob', `REPEAT(x'ff00', 100000)`, `REPEAT(x'ff00', 1000000)`],
  ['geometry', `ST_GeomFromText('POINT(1 2)', 4326)`, `ST_GeomFromText('LINESTRING(0 0,1e-9 1e9)')`],
  ['geometrycollection', `ST_GeomFromText('GEOMETRYCOLLECTION(POINT(0 0),POLYGON((0 0,1 0,1 1,0 0)))', 7)`],
];

function exactly(type: string): string {
  if (type.startsWith('enum')) return 'v + 0';
  return /^(float|double)/.test(type) ? 'CONCAT(v * 1e0)' : 'HEX(CONCAT(v))';
}

describeEngine('mysql restore, values', 'mariadb', (engine) => {
  const cleanups: Array<() => Promise<unknown>> = [];
  let source: TestDatabase;
  let target: TestDatabase;
  let from: DataSource;
  let to: DataSource;

  beforeEach(async () => {
    [source, target] = [await engine.create(), await engine.create()];
    cleanups.push(
      () => source.drop(),
      () => target.drop(),
    );
    [from, to] = [await connect(source), await connect(target)];
    cleanups.push(
      () => from.destroy(),
      () => to.destroy(),
    );
  });

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  const both = async (sql: string) => {
    await source.query(sql);
    await target.query(sql);
  };
  const nameOf = ({ options }: TestDatabase) => new URL((options as { url: string }).url).pathname.slice(1);

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

  it('of every type arrive byte for byte', async () => {
    await source.query(`SET time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'`);
    await target.query(`SET time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'`);
    for (const [index, [type, ...values]] of COLUMNS.entries()) {
      await both(`CREATE TABLE t${index} (id INT PRIMARY KEY, v ${type} NULL)`);
      for (const [id, value] of ['NULL', ...values].entries()) {
        await source.query(`INSERT INTO t${index} VALUES (${id}, ${value})`);
      }
    }
    await restore(to, await save(from));
    for (const [index, [type]] of COLUMNS.entries()) await same(`t${index}`, exactly(type));
  });

  it('of 50 MB in one row arrive whole, and a value that no packet takes is refused by name', async () => {
    await both('CREATE TABLE big (id INT, a LONGBLOB, b LONGBLOB, c LONGTEXT, d LONGTEXT)');
    await source.query(
      `INSERT INTO big VALUES (1, REPEAT('\\0x', 6500000), REPEAT('b', 16777216), REPEAT('ü', 6500000), REPEAT('"', 13000000))`,
    );
    const saved = await save(from);
    await restore(to, saved);
    const sums = 'SELECT SHA1(a) AS a, SHA1(b) AS b, SHA1(c) AS c, SHA1(d) AS d FROM big';
    expect(await target.query(sums)).toEqual(await source.query(sums));
    saved.tables[0]!.rows[0]![1] = Buffer.alloc(16777217).toString('base64');
    await expect(restore(to, saved)).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(/"big".*16777217.*max_allowed_packet/),
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
      `INSERT INTO many SELECT seq, REPEAT(CHAR(33 + seq % 90), seq % 200), UNHEX(SHA1(seq)) FROM seq_0_to_99999`,
    );
    await source.query('INSERT INTO keyless VALUES (1, 1), (1, 1), (NULL, 2)');
    await source.query('INSERT INTO computed (id, h) VALUES (0, NULL), (5, 6)');
    await source.query(
      `INSERT INTO wide VALUES (1, ${Array.from({ length: 30 }, () => `REPEAT('é''', 20000)`).join()})`,
    );
    const start = performance.now();
    let longest = 0;
    let last = start;
    const ticking = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const saved = await save(from);
    last = performance.now();
    longest = 0;
    await restore(to, saved);
    clearInterval(ticking);
    expect(longest).toBeLessThan(500);
    await same('many', 'HEX(v)');
    await same('many', 'HEX(w)');
    await same('computed', 'CONCAT_WS(",", h, g)');
    await same('wide', 'SHA1(CONCAT_WS(",", c0, c15, c29))');
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
