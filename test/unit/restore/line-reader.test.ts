import { Readable } from 'node:stream';
import type { BackupManifest } from '../../../lib/backup/manifest.js';
import { hasPlainStructure } from '../../../lib/backup/json-structure.js';
import type { LineValue } from '../../../lib/database/dialects/restore-dialect.js';
import { readTables } from '../../../lib/restore/read/line-reader.js';
import { cut, sampled } from '../../fixtures/streams.js';
import { madeTable, pairs, user, users } from './support/made-archive.js';

type Made = ReturnType<typeof madeTable>;

const manifest = (...made: Made[]): Pick<BackupManifest, 'tables'> => ({ tables: made.map(({ table }) => table) });
const textOf = (...made: Made[]) => made.map(({ text }) => text).join('');

async function rowsOf(text: string | Readable, about: Pick<BackupManifest, 'tables'>, lineBytes?: number) {
  const found: Record<string, Array<readonly LineValue[]>> = {};
  const lines = typeof text === 'string' ? Readable.from([Buffer.from(text)]) : text;
  for await (const { table, batches } of readTables(lines, about, { lineBytes })) {
    const rows: Array<readonly LineValue[]> = (found[table.name] = []);
    for await (const batch of batches) rows.push(...batch);
  }
  return found;
}

/** A table with one column of each kind, and one line of it. */
const one = (fields: string, pk = '1', columns: Parameters<typeof madeTable>[1] = [['a', 'text']]) =>
  madeTable('t', [['id', 'integer'], ...columns], ['id'], [`{"model":"t","pk":${pk},"fields":${fields}}`]);

const refused = async (made: Made, problem: string, text = made.text, lineBytes?: number) => {
  const error = await rowsOf(text, manifest(made), lineBytes).catch((problem: unknown) => problem);
  expect(error).toMatchObject({ code: 'ARCHIVE_INVALID', message: expect.stringContaining(problem) });
  return (error as Error).message;
};

describe('The rows of an archive', () => {
  it('come table by table, in the order of the columns', async () => {
    const empty = madeTable('empty', [['id', 'integer']], ['id'], []);
    const tables = [empty, users(2), pairs(1), empty];
    tables[3] = madeTable('last', [['x', 'text']], [], ['{"model":"last","pk":null,"fields":{"x":null}}']);
    expect(await rowsOf(textOf(...tables), manifest(...tables))).toEqual({
      empty: [],
      user: [
        [0, 'name 0'],
        [1, 'name 1'],
      ],
      pair: [['one 0', 'two 0']],
      last: [[null]],
    });
  });

  it('are the same in whatever pieces they come', () =>
    sampled(10, async (chance) => {
      const tables = [users(40_000), pairs(3), users(0)];
      tables[2] = madeTable(
        'long',
        [['x', 'text']],
        [],
        [`{"model":"long","pk":null,"fields":{"x":"${'é'.repeat(400_000)}"}}`],
      );
      const pieces = cut(Buffer.from(textOf(...tables)), () =>
        chance.between(1, chance.between(0, 1) ? 500_000 : 3000),
      );
      const found = await rowsOf(Readable.from(pieces), manifest(...tables));
      expect(found.user).toHaveLength(40_000);
      expect(found.user![39_999]).toEqual([39_999, 'name 39999']);
      expect(found.pair).toHaveLength(3);
      expect(found.long![0]![0]).toHaveLength(400_000);
    }));

  it('may have columns of any name', async () => {
    const names = ['__proto__', 'constructor', 'toString', '1', '', 'hasOwnProperty', '"\\\n'];
    const made = one(
      `{${names.map((name) => `${JSON.stringify(name)}:"${name.length}"`).join(',')}}`,
      '7',
      names.map((name) => [name, 'text']),
    );
    expect(await rowsOf(made.text, manifest(made))).toEqual({ t: [[7, ...names.map((name) => String(name.length))]] });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    const missing = one('{"x":"y"}', '7', [['__proto__', 'text']]);
    await refused(missing, 'no field "__proto__"');
    const hostile = one('{"__proto__":{"polluted":true}}', '7', [['__proto__', 'text']]);
    await refused(hostile, 'no value of the kind "text"');
  });

  it.each<[encoding: Parameters<typeof madeTable>[1][0][1], good: string[], bad: string[]]>([
    [
      'integer',
      ['0', '-5', '9007199254740991', 'null', '{"i":"9223372036854775807"}', '{"r":"1.5"}'],
      ['1.5', '"1"', 'true', '9007199254740993', '[]', '{}'],
    ],
    ['boolean', ['true', 'false', 'null'], ['0', '"true"', '[true]']],
    [
      'text',
      ['""', '"x"', 'null', '{"t":"//8="}'],
      ['1', '{"t":"x"}', '{"q":"x"}', '{"i":"1","r":"1"}', '{"i":1}', '{"__proto__":"x"}', '["x"]'],
    ],
    ['hex', ['""', '"00fF"'], ['"0"', '"0g"', '1', '"\\\\x00"']],
    ['base64', ['""', '"AA=="'], ['"A"', '"A==="', '"====A"', '"AA==\\n"']],
    ['index', ['"0"', '"12"'], ['"x"', '1']],
    ['real', ['"1.5"', '"1e+300"', '"-Infinity"'], ['"x"', '1.5', '"1.5 "']],
    ['numeric', ['"1"', '"1.0"', '{"t":"eA=="}'], ['"0x1"', '1']],
  ])('hold in a column of %s what it may hold', async (encoding, good, bad) => {
    for (const value of good)
      await expect(
        rowsOf(
          one(`{"a":${value}}`, '1', [['a', encoding]]).text,
          manifest(one(`{"a":${value}}`, '1', [['a', encoding]])),
        ),
      ).resolves.toBeDefined();
    for (const value of bad) {
      const message = await refused(
        one(`{"a":${value}}`, '1', [['a', encoding]]),
        `table "t": line 1 of its rows has no value of the kind "${encoding}" in "a"`,
      );
      expect(message).not.toContain('0x1');
    }
  });

  it.each([
    ['{"model":"u","pk":1,"fields":{"a":"x"}}', 'is of "u"'],
    ['{"model":7,"pk":1,"fields":{"a":"x"}}', 'is of no table'],
    ['{"model":"t","pk":1,"fields":{}}', 'does not have 1 fields'],
    ['{"model":"t","pk":1,"fields":{"b":"x"}}', 'has no field "a"'],
    ['{"model":"t","pk":1,"fields":{"a":"x","b":"x"}}', 'does not have 1 fields'],
    ['{"model":"t","pk":1,"fields":["x"]}', 'has no fields'],
    ['{"model":"t","pk":1,"fields":null}', 'has no fields'],
    ['{"model":"t","pk":[1],"fields":{"a":"x"}}', 'no value of the kind "integer" in "id"'],
    ['{"model":"t","fields":{"a":"x"}}', 'not made of'],
    ['{"model":"t","pk":1,"fields":{"a":"x"},"more":1}', 'not made of'],
    ['[]', 'not made of'],
    ['null', 'not made of'],
    ['', 'is no valid JSON'],
    ['{"model":"t","pk":1,"fields":{"a":"secret}', 'is no valid JSON'],
    ['{"model":"t","pk":1,"fields":{"a":"x"}}]', 'is no valid JSON'],
  ])('are refused when a line is %s', async (line, problem) => {
    const message = await refused(
      madeTable(
        't',
        [
          ['id', 'integer'],
          ['a', 'text'],
        ],
        ['id'],
        [line],
      ),
      problem,
    );
    expect(message).toContain('table "t": line 1');
    expect(message).not.toContain('secret');
  });

  it('are refused when a key has another number of columns', async () => {
    const keyed = (pk: string) =>
      madeTable(
        't',
        [
          ['a', 'text'],
          ['b', 'text'],
        ],
        ['a', 'b'],
        [`{"model":"t","pk":${pk},"fields":{}}`],
      );
    for (const pk of ['"x"', '["x"]', '["x","y","z"]', 'null', '{"0":"x","1":"y","length":2}'])
      await refused(keyed(pk), 'key of 2 columns');
    await refused(madeTable('t', [['a', 'text']], [], ['{"model":"t","pk":1,"fields":{"a":"x"}}']), 'key of 0 columns');
  });
});

describe('Rows that the manifest does not account for', () => {
  const [many, more] = [users(5), pairs(2)];
  const about = manifest(many, more);
  const lines = (text: string) => text.split('\n').slice(0, -1);
  const refusal = async (text: string) => {
    const error = await rowsOf(text, about).catch((problem: unknown) => problem);
    expect(error).toMatchObject({ code: 'ARCHIVE_INVALID' });
    return (error as Error).message;
  };

  it('are refused, with table and line', async () => {
    const [all, five] = [textOf(many, more), lines(many.text)];
    expect(await refusal(all + more.text)).toContain('line 8');
    expect(await refusal(many.text)).toMatch(/table "pair": line 6 .* 2 of 2 rows are missing/);
    expect(await refusal(all.slice(0, all.lastIndexOf('{"model')))).toMatch(
      /table "pair": line 7 .* 1 of 2 rows are missing/,
    );
    expect(await refusal('')).toContain('5 of 5 rows are missing');
    expect(await refusal(`${five.slice(0, 4).join('\n')}\n${more.text}`)).toContain(
      'table "user": line 5 of its rows is of "pair"',
    );
    expect(await refusal(`${many.text}${user(5)}\n${more.text}`)).toContain(
      'table "pair": line 6 of its rows is of "user"',
    );
    expect(await refusal(all.replace('name 3', 'nome 3'))).toMatch(/table "user": line 5 .* digests/);
    expect(await refusal(`${[five[1], five[0], ...five.slice(2)].join('\n')}\n${more.text}`)).toContain('digests');
    expect(await refusal(all.replace(',"fields"', ', "fields"'))).toContain('digests');
    expect(await refusal(all.slice(0, -1))).toContain('cut off');
    expect(await refusal(`${all}\n`)).toContain('line 8');
    expect(await refusal(all.replace('\n', '\r\n'))).toContain('digests');
  });

  it('are found although nobody reads the table', async () => {
    const text = textOf(many, more).replace('name 3', 'nome 3');
    const reading = async () => {
      for await (const { table } of readTables(Readable.from([Buffer.from(text)]), about))
        expect(table.name).toBe('user');
    };
    await expect(reading()).rejects.toMatchObject({ message: expect.stringContaining('digests') });
    const leaving = async () => {
      for await (const { batches } of readTables(Readable.from([Buffer.from(text)]), about))
        for await (const _ of batches) break;
    };
    await expect(leaving()).rejects.toMatchObject({ message: expect.stringContaining('digests') });
  });

  it('are refused when they are not UTF-8', async () => {
    const bytes = Buffer.from(many.text);
    bytes[bytes.indexOf('name')] = 0xff;
    await expect(rowsOf(Readable.from([bytes]), about)).rejects.toMatchObject({
      message: expect.stringContaining('UTF-8'),
    });
  });

  it('close the stream, also when their consumer stops', async () => {
    const stream = Readable.from([Buffer.from(textOf(many, more))]);
    for await (const _ of readTables(stream, about)) break;
    expect(stream.destroyed).toBe(true);
  });
});

describe('Lines that would take all memory', () => {
  it('are refused beyond the limit', async () => {
    const made = one(`{"a":"${'x'.repeat(2_000_000)}"}`);
    await refused(made, 'longer than 1000000 bytes', made.text, 1_000_000);
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(100_000, 'x');
      })(),
    );
    await expect(rowsOf(endless, manifest(made), 5_000_000)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    expect(endless.destroyed).toBe(true);
  });

  it.each([
    ['arrays within each other', '['.repeat(100_000)],
    ['objects within each other', '{"a":'.repeat(100_000)],
    ['empty arrays', `[${'[],'.repeat(50_000)}[]]`],
    ['numbers', `[${'1,'.repeat(50_000)}1]`],
    ['arrays behind a string', `"\\\\\\"${'x'.repeat(70_000)}",${'['.repeat(1000)}`],
  ])('are refused before they are parsed: %s', async (_kind, value) => {
    await refused(one(`{"a":${value}}`), 'more values than its table has columns');
  });

  it('nested 100 000 deep and closed again are refused, short ones too', async () => {
    await refused(one(`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`), 'no value of the kind');
  });

  it('are told from long ones', async () => {
    const made = one(`{"a":${JSON.stringify('[{,"\\'.repeat(30_000))}}`);
    expect((await rowsOf(made.text, manifest(made))).t).toHaveLength(1);
    expect(hasPlainStructure('"unclosed', { depth: 0, containers: 0, values: 1 })).toBe(true);
  });
});
