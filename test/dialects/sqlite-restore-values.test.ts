import { Databases, dump, find, KINDS, restore, run, save, columnsOf, batchesOf } from './sqlite-restore.harness.js';
import { sqliteRestore } from '../../lib/database/dialects/sqlite/restore/index.js';

/** SQL literals of every storage class, with their edges: those of sqlite-values.test.ts, and more. */
const VALUES = [
  'NULL',
  ...['0', '1', '-1', '2', '2147483648', '9007199254740991', '9007199254740992', '-9007199254740992'],
  ...['9223372036854775807', '-9223372036854775808'],
  ...['1.5', '0.0', '-0.0', '5.0', '2147483648.0', '9e18', '9007199254740993.0', '1e300', '5e-324', '9e999', '-9e999'],
  ...["''", "'plain'", "'5'", "'5.0'", "' 5'", "'1e3'", "'Infinity'", "'NaN'", "'é😀\u2028\"\\'", "'\uFEFFbom\uFFFF'"],
  ...["'a' || char(0) || 'b'", "'\uFFFD'", "CAST(x'ff00fe' AS TEXT)", "CAST(x'eda080' AS TEXT)"],
  ...["x''", "x'00ff'", 'zeroblob(70000)', "x'35'"],
];
const TYPES = ['integer', 'bigint', 'boolean', 'varchar', 'datetime', 'decimal', 'real', 'blob', 'json', ''];

let databases: Databases;
beforeEach(() => (databases = new Databases()));
afterEach(() => databases.clean());

const original = (kind: string) => {
  const columns = TYPES.map((type, index) => `c${index} ${type}`).join(', ');
  return `CREATE TABLE t (id int PRIMARY KEY, ${columns}) ${kind}`;
};

describe.each(KINDS)('values into a second database [%s]', (kind) => {
  it.each(['', 'WITHOUT ROWID'])(
    'of every class in every kind of column are the same there (table %s)',
    async (sort) => {
      const [from, to] = [await databases.connect(kind, 'from'), await databases.connect(kind, 'to')];
      for (const dataSource of [from, to]) await run(dataSource, original(sort));
      for (const [id, value] of VALUES.entries()) {
        await run(from, `INSERT INTO t VALUES (${id}, ${TYPES.map(() => value).join(', ')})`);
      }
      await restore(to, await save(from));
      expect(await dump(to)).toBe(await dump(from));
    },
  );

  it('of any classes in any order, as many statements as that takes', async () => {
    const [from, to] = [await databases.connect(kind, 'from'), await databases.connect(kind, 'to')];
    for (const dataSource of [from, to]) await run(dataSource, original(''));
    for (let id = 0; id < 300; id++) {
      const value = (at: number) => VALUES[(id * (at + 3) + at * at) % VALUES.length]!;
      await run(from, `INSERT INTO t VALUES (${id}, ${TYPES.map((_, at) => value(at)).join(', ')})`);
    }
    await restore(to, await save(from));
    expect(await dump(to)).toBe(await dump(from));
  });

  it('that no writer of an archive writes are refused without being quoted', async () => {
    const to = await databases.connect(kind);
    await run(to, 'CREATE TABLE t (i integer, n decimal, r real, x text, b boolean)');
    const wrong: Array<[string, any]> = [
      ...[1.5, 'secret', true, 2 ** 53, { i: 'secret' }, { i: '9223372036854775808' }].map((v): [string, any] => [
        'i',
        v,
      ]),
      ...['secret', '', 'NaN', 5, '9223372036854775808', { r: 'secret' }].map((v): [string, any] => ['n', v]),
      ...['secret', { q: 'secret' }, {}, { i: '1', r: '1' }, { b: 5 }].map((v): [string, any] => ['r', v]),
      ...[5, true].map((v): [string, any] => ['x', v]),
      ...[5, 'secret'].map((v): [string, any] => ['b', v]),
    ];
    for (const [column, value] of wrong) {
      const session = await sqliteRestore(to).openRestore();
      const table = find(session, 't');
      await session.begin('00000000-0000-4000-8000-000000000000', [table]);
      const columns = columnsOf(table).filter(({ target }) => target.name === column);
      const error: any = await session.load(table, columns, batchesOf([[value]])).catch((thrown) => thrown);
      await session.close();
      expect({ column, value, code: error?.code }).toEqual({ column, value, code: 'ARCHIVE_INVALID' });
      expect(error.message).toContain(`table "t", column "${column}"`);
      expect(error.message + String(error.cause)).not.toContain('secret');
    }
  });
});

describe.each(['UTF-16le', 'UTF-16be'])('a database in %s', (encoding) => {
  it.each(['rollback journal', 'sql.js'] as const)('gets the same text [%s]', async (kind) => {
    const open = async (name: string) => {
      const dataSource = await databases.connect(kind, name);
      await run(dataSource, `PRAGMA encoding = '${encoding}'`, 'CREATE TABLE t (id integer PRIMARY KEY, a text, b)');
      return dataSource;
    };
    const [from, to] = [await open('from'), await open('to')];
    const [utf8] = [await databases.connect(kind, 'utf8')];
    await run(utf8, 'CREATE TABLE t (id integer PRIMARY KEY, a text, b)');
    const bytes = Buffer.from('é\uFFFF\uFFFE', 'utf16le');
    const text = `CAST(x'${(encoding === 'UTF-16be' ? bytes.swap16() : bytes).toString('hex')}' AS TEXT)`;
    await run(from, `INSERT INTO t VALUES (1, 'é😀\uFEFF', 'ä'), (2, ${text}, ${text})`);
    await restore(to, await save(from));
    expect(await dump(to)).toBe(await dump(from));
    await run(utf8, `INSERT INTO t VALUES (1, CAST(x'ff' AS TEXT), 1)`);
    await expect(restore(to, await save(utf8))).rejects.toMatchObject({ message: expect.stringContaining(encoding) });
    expect(await dump(to)).toBe(await dump(from));
  });
});
