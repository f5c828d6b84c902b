import { backupApp } from '../fixtures/backup.js';
import { describeEngine } from '../fixtures/databases.js';
/** Types with their edge values as SQL literals. What PostgreSQL reads back from the line must be the same value. */
const VALUES = {
  int8: ["'9223372036854775807'", "'-9223372036854775808'"],
  numeric: ["'NaN'", "'Infinity'", "'-0.10'", "'12345678901234567890.123456789012345678901234567890'"],
  float4: ['16777217', "'NaN'", "'-Infinity'", '1e-45', "'-0'"],
  float8: ['0.1', '5e-324', '1.7976931348623157e308', "'NaN'", "'-0'"],
  money: ["'-92233720368547758.08'"],
  'char(5)': ["'ab'", "''"],
  bpchar: ["'trailing  '", "''"],
  varchar: ["'null'", "E'\\t\\n\\r\\\\\"'", "'é😀\u2028'", "E'\\x01\\x02\\x7f'"],
  '"char"': ["'a'"],
  name: ["'a name'"],
  bytea: ["'\\x00ff01'", "''"],
  date: ["'infinity'", "'4713-01-01 BC'", "'5874897-12-31'"],
  time: ["'24:00:00'", "'00:00:00.000001'"],
  timetz: ["'23:59:59.999999+15:59:59'"],
  timestamp: ["'-infinity'", "'294276-12-31 23:59:59.999999'"],
  timestamptz: ["'2021-10-31 02:30:00.123456+01'", "'0044-03-15 12:00 BC'"],
  interval: ["'1 year -2 days +03:04:05.000006'", "'-178000000 years'"],
  json: [`'{"b": 1,  "a":1e400, "a":[]}'`, `'"\\u0000"'`, "'null'"],
  jsonb: [`'{"b":1,"a":[1,2.50]}'`, "'null'"],
  jsonpath: [`'$.a[*] ? (@ > 1)'`],
  xml: [`'<a b="c">d</a>'`],
  uuid: ["'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
  inet: ["'1.2.3.4'", "'::1/64'"],
  cidr: ["'10.0.0.0/8'"],
  macaddr8: ["'08:00:2b:01:02:03:04:05'"],
  bit: ["'1'"],
  varbit: ["'10101'", "''"],
  point: ["'(1e300,-0)'"],
  circle: ["'<(1,2),3>'"],
  path: ["'[(0,0),(1,1)]'"],
  tsvector: [`'''a b'':1A cat:2'`],
  tsquery: ["'fat & !rat:ab'"],
  int4range: ["'[1,5)'", "'empty'", "'(,)'"],
  nummultirange: ["'{[1,2),(3,4]}'"],
  pg_lsn: ["'16/B374D848'"],
  'int4[]': ["'{}'", "'{{1,NULL},{3,4}}'", "'[2:3]={5,6}'"],
  'text[]': [`'{"a,b","NULL",NULL,"\\"q\\"",""}'`],
  mood: ['\'so "so"\'', "'it''s'"],
  'mood[]': [`'{sad,"so \\"so\\""}'`],
  pair: ['row(null,null)', `row(1,'a "b", (c)')`],
  short: ["'abc'"],
};
const typeNames = Object.keys(VALUES);
const columns = typeNames.map((type, index) => `c${index} ${type}`).join(', ');
const depth = Math.max(...Object.values(VALUES).map(({ length }) => length));
/** One row for each depth of the value lists, and one of nulls. */
const rows = Array.from({ length: depth + 1 }, (_, at) =>
  typeNames.map((type) => (VALUES[type][at] === undefined ? 'NULL' : `${VALUES[type][at]}::${type}`)),
);
describeEngine('values', 'postgres', (engine) => {
  let database;
  let app;
  let backup;
  beforeAll(async () => {
    database = await engine.create();
    await database.query(`CREATE TYPE mood AS ENUM ('sad', 'so "so"', 'it''s')`);
    await database.query('CREATE TYPE pair AS (a int, b text)');
    await database.query('CREATE DOMAIN short AS varchar(3)');
    for (const table of ['original', 'copy'])
      await database.query(`CREATE TABLE ${table} (id int PRIMARY KEY, ${columns})`);
    for (const [id, row] of rows.entries())
      await database.query(`INSERT INTO original VALUES (${id}, ${row.join(', ')})`);
    app = await backupApp(
      database,
      // Settings of the host's own pool that would change what values look like.
      {
        extra: {
          options:
            '-c DateStyle=SQL,DMY -c IntervalStyle=sql_standard -c extra_float_digits=-15 -c TimeZone=Asia/Tehran ' +
            '-c bytea_output=escape -c search_path=pg_temp,public',
        },
      },
      { unmappedTables: 'include' },
    );
    backup = await app.backUp();
  });
  afterAll(async () => {
    await app?.close();
    await database?.drop();
  });
  it('come back byte for byte, as the server itself compares them', async () => {
    const lines = backup.of('public.original').concat(backup.of('original'));
    expect(lines).toHaveLength(rows.length);
    for (const { pk, fields } of lines) {
      const literals = typeNames.map((type, index) => decode(type, fields[`c${index}`]));
      const places = literals.map((_, index) => `$${index + 2}`).join(', ');
      await database.query(`INSERT INTO copy VALUES ($1, ${places})`, [pk, ...literals]);
    }
    const different = await database.query(`SELECT o.id, n.attname FROM original o JOIN copy c USING (id)
       CROSS JOIN LATERAL (VALUES ${typeNames.map((_, i) => `('c${i}', record_send(ROW(o.c${i})), record_send(ROW(c.c${i})))`).join(', ')})
         AS n(attname, one, other)
       WHERE one IS DISTINCT FROM other`);
    expect(different.map(({ id, attname }) => `${typeNames[Number(attname.slice(1))]} in row ${id}`)).toEqual([]);
  });
  it('are native JSON where 32 bits or a boolean hold them, and text elsewhere', async () => {
    await database.query('CREATE TABLE kinds (a smallint, b integer, c boolean, d bigint, e oid, f real)');
    await database.query(
      'INSERT INTO kinds VALUES (-1, 2147483647, true, 5, 6, 1.5), (NULL, NULL, NULL, NULL, NULL, NULL)',
    );
    const { of, manifest } = await app.backUp();
    const model = manifest.tables.find(({ table }) => table === 'kinds').name;
    expect(of(model).map(({ fields }) => fields)).toEqual([
      { a: -1, b: 2147483647, c: true, d: '5', e: '6', f: '1.5' },
      { a: null, b: null, c: null, d: null, e: null, f: null },
    ]);
  });
  it('of a row of 50 MB and of a table of 300 columns arrive whole', async () => {
    await database.query('CREATE TABLE wide (id int PRIMARY KEY, big text)');
    await database.query(`INSERT INTO wide VALUES (1, repeat('0123456789"', 5000000))`);
    await database.query(
      `CREATE TABLE broad (${Array.from({ length: 300 }, (_, i) => `"col ${i}" int DEFAULT ${i}`).join(', ')})`,
    );
    await database.query('INSERT INTO broad DEFAULT VALUES');
    const { of, manifest } = await app.backUp();
    const named = (table) => of(manifest.tables.find((one) => one.table === table).name)[0].fields;
    expect(named('wide').big.length).toBe(55_000_000);
    expect(Object.values(named('broad'))).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });
});
function decode(type, value) {
  return type === 'bytea' && value !== null ? Buffer.from(value, 'hex') : value;
}
