import { Readable } from 'node:stream';
import { cut, sampled } from '../../../fixtures/streams.js';
import { madeTable, pairs, users } from '../../restore/support/made-archive.js';
import { manifest, one, refused, rowsOf, textOf } from '../support/read-rows.js';

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
    for (const value of good) {
      await expect(
        rowsOf(
          one(`{"a":${value}}`, '1', [['a', encoding]]).text,
          manifest(one(`{"a":${value}}`, '1', [['a', encoding]])),
        ),
      ).resolves.toBeDefined();
    }
    for (const value of bad) {
      const message = await refused(
        one(`{"a":${value}}`, '1', [['a', encoding]]),
        `table "t": line 1 of its rows has no value of the kind "${encoding}" in "a"`,
      );
      expect(message).not.toContain('0x1');
    }
  });
});
