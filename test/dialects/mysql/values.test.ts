import { createHash } from 'node:crypto';
import { describeMysqlEngines, itOn } from '../../fixtures/databases.js';
import { mysqlTypesOf } from '../../fixtures/types/mysql.js';
import { find, read } from '../support/lines.js';
import { mysqlSuite } from './harness.js';

type Written = ReadonlyArray<readonly [encoding: string, type: string, sql: string, written: unknown]>;

/** What stands in a line for a value: the encoding of its column, the column's type, the value, how it is written. */
const WRITTEN_BY_BOTH: Written = [
  ['integer', 'tinyint(1)', 'true', 1],
  ['integer', 'smallint unsigned', '65535', 65535],
  ['integer', 'mediumint', '-8388608', -8388608],
  ['integer', 'int unsigned', '4294967295', 4294967295],
  ['integer', 'int(8) zerofill', '42', 42],
  ['text', 'bigint', '-9223372036854775808', '-9223372036854775808'],
  ['text', 'bigint(20) zerofill', '7', '00000000000000000007'],
  ['text', 'decimal(10,2)', '-1.5', '-1.50'],
  ['text', 'float', '0.1', '0.10000000149011612'],
  ['text', 'double', '5e-324', '5e-324'],
  ['text', 'bit(64)', '18446744073709551615', '18446744073709551615'],
  ['text', 'year', '2155', '2155'],
  ['text', 'date', `'2024-02-30'`, '2024-02-30'],
  ['text', 'time(6)', `'-838:59:59'`, '-838:59:59.000000'],
  ['text', 'timestamp(6)', `'2038-01-19 03:14:07.999999'`, '2038-01-19 03:14:07.999999'],
  ['text', 'varchar(9)', `'"é😀"'`, '"é😀"'],
  ['text', 'varchar(9) character set cp1251', `'Привет'`, 'Привет'],
  ['base64', 'varchar(9) character set cp1251', `x'98'`, 'mA=='], // A code without a character.
  ['text', 'varchar(9) character set sjis', `'表示'`, '表示'],
  ['base64', 'varchar(9) character set sjis', `x'8540'`, 'hUA='],
  ['base64', 'varchar(9) character set cp932', `x'eef9'`, '7vk='], // The second code of a character.
  ['text', `set('a','b')`, `'b,a'`, 'a,b'],
  ['text', `enum('a','b')`, `'b'`, 'b'],
  ['index', `enum('a','')`, `''`, '2'],
  ['base64', 'binary(4)', `x'01'`, 'AQAAAA=='],
  ['base64', 'longblob', `x'00ff'`, 'AP8='],
  ['hex', 'point', `ST_GeomFromText('POINT(0 0)', 3857)`, `110f0000${'0101000000'.padEnd(42, '0')}`],
];

const WRITTEN_BY: Readonly<Record<'mariadb' | 'mysql', Written>> = {
  mariadb: [
    ['text', 'varchar(9)', `x'eda080'`, '\ud800'],
    ['text', 'varchar(9) character set ucs2', `x'd83d'`, '\ud83d'],
    ['text', 'json', `'{"b": 1.10, "a": [1e400]}'`, '{"b": 1.10, "a": [1e400]}'],
    ['text', 'uuid', `'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'`, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['text', 'inet6', `'::1'`, '::1'],
  ],
  mysql: [
    ['text', 'json', `'{"b": 1.10, "a": [1e20, -0.0]}'`, '{"a": [1e20, -0.0], "b": 1.1}'],
    ['text', 'json', `JSON_ARRAY(CAST(1.10 AS DECIMAL(5,2)))`, '[1.10]'],
    ['base64', 'vector(2)', `STRING_TO_VECTOR('[1,-2]')`, 'AACAPwAAAMA='],
    ['hex', 'point srid 4326', `ST_GeomFromText('POINT(0 0)', 4326)`, `e6100000${'0101000000'.padEnd(42, '0')}`],
  ],
};

describeMysqlEngines('mysql values', (engine) => {
  const { client, query, snapshot } = mysqlSuite(engine);
  const mysqlTypes = mysqlTypesOf(engine);
  const WRITTEN = [...WRITTEN_BY_BOTH, ...WRITTEN_BY[engine.name as 'mariadb' | 'mysql']];

  beforeEach(() => query(`SET time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'`));

  it('are written as the type of their column has it', async () => {
    for (const [index, [, type, sql]] of WRITTEN.entries()) {
      await query(`CREATE TABLE t${index} (v ${type})`);
      await query(`INSERT INTO t${index} VALUES (${sql})`);
    }
    const opened = await snapshot();
    for (const [index, [, type, sql, written]] of WRITTEN.entries()) {
      const lines = await read(opened, `t${index}`);
      expect([type, sql, lines[0]!.fields.v]).toEqual([type, sql, written]);
    }
    const encodings = WRITTEN.map((_, index) => find(opened, `t${index}`).columns[0]!.encoding);
    expect(encodings).toEqual(WRITTEN.map(([encoding]) => encoding));
  });

  it('are written alike, whichever engine stores them', async () => {
    // MyISAM of MySQL stores nothing of a geographic reference system.
    const stored = mysqlTypes.filter((type) => engine.name === 'mariadb' || !type.join(' ').includes('4326'));
    for (const [index, [type, ...values]] of stored.entries()) {
      await query(`CREATE TABLE inno${index} (id INT PRIMARY KEY, v ${type} NULL)`);
      const rows = ['NULL', ...values].map((value, id) => `(${id}, ${value})`);
      await query(`INSERT INTO inno${index} VALUES ${rows.join(', ')}`);
      await query(`CREATE TABLE isam${index} (id INT PRIMARY KEY, v ${type} NULL) ENGINE MyISAM`);
      await query(`INSERT INTO isam${index} SELECT * FROM inno${index}`);
    }
    const opened = await snapshot();
    for (const [index, [type]] of stored.entries()) {
      const [inno, isam] = [await read(opened, `inno${index}`), await read(opened, `isam${index}`)];
      const fields = (lines: typeof inno) => lines.map((line) => line.fields);
      expect([type, fields(isam)]).toEqual([type, fields(inno)]);
      expect(inno.length).toBeGreaterThan(1);
    }
  });

  itOn(
    'mariadb',
    engine,
    'such values',
  )('are refused by name where no string stands for them', async () => {
    const connection = await client();
    await connection.query('CREATE TABLE pairs (v VARCHAR(9))');
    await connection.query('CREATE TABLE high (v VARCHAR(9) CHARACTER SET ascii)');
    await connection.query(`INSERT INTO pairs VALUES (x'eda0bdedb880')`);
    await connection.query(`INSERT INTO high VALUES (x'c3a9')`);
    for (const table of ['pairs', 'high']) {
      await expect(read(await snapshot(), table)).rejects.toMatchObject({
        code: 'DATABASE_FAILED',
        message: expect.stringContaining(`"${table}"`),
        cause: expect.objectContaining({ message: expect.stringContaining('"v"') }),
      });
    }
  });

  it('of 50 MB in one row arrive whole', async () => {
    await query('CREATE TABLE big (id INT PRIMARY KEY, a LONGBLOB, b LONGBLOB, c LONGTEXT, d LONGTEXT)');
    await query(
      `INSERT INTO big VALUES (1, REPEAT('\\0x', 6500000), REPEAT('b', 13000000), REPEAT('ü', 6500000), REPEAT('"', 13000000))`,
    );
    const [line] = await read(await snapshot(), 'big');
    const { a, b, c, d } = line!.fields as Record<string, string>;
    const found = [Buffer.from(a!, 'base64'), Buffer.from(b!, 'base64'), c!, d!].map(sha256);
    const [stored] = await query(
      'SELECT SHA2(a, 256) AS a, SHA2(b, 256) AS b, SHA2(c, 256) AS c, SHA2(d, 256) AS d FROM big',
    );
    expect(found).toEqual(Object.values(stored!));
  });
});

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');
