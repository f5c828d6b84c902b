import { sqliteRestore } from '../../../../lib/database/dialects/sqlite/restore/index.js';
import { sqliteColumnTypes, sqliteValues } from '../../../fixtures/types/sqlite.js';
import { find } from '../../support/lines.js';
import { batchesOf, begin, columnsOf, restore, save } from '../../support/saved.js';
import { KINDS, run } from '../harness.js';
import { dump, restoreSuite } from './harness.js';

const { connect } = restoreSuite();

const columns = sqliteColumnTypes.map((type, index) => `c${index} ${type}`).join(', ');

describe.each(KINDS)('values into a second database [%s]', (kind) => {
  it('of any classes in any order, as many statements as that takes', async () => {
    const [from, to] = [await connect(kind, 'from'), await connect(kind, 'to')];
    for (const dataSource of [from, to]) await run(dataSource, `CREATE TABLE t (id int PRIMARY KEY, ${columns})`);
    for (let id = 0; id < 300; id++) {
      const value = (at: number) => sqliteValues[(id * (at + 3) + at * at) % sqliteValues.length]!;
      await run(from, `INSERT INTO t VALUES (${id}, ${sqliteColumnTypes.map((_, at) => value(at)).join(', ')})`);
    }
    await restore(to, await save(from));
    expect(await dump(to)).toBe(await dump(from));
  });

  it('that no writer of an archive writes are refused without being quoted', async () => {
    const to = await connect(kind);
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
      await begin(session);
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
      const dataSource = await connect(kind, name);
      await run(dataSource, `PRAGMA encoding = '${encoding}'`, 'CREATE TABLE t (id integer PRIMARY KEY, a text, b)');
      return dataSource;
    };
    const [from, to] = [await open('from'), await open('to')];
    const [utf8] = [await connect(kind, 'utf8')];
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
