import { Readable } from 'node:stream';
import { hasPlainStructure } from '../../../../lib/jsonl/parser.js';
import { madeTable } from '../../restore/support/made-archive.js';
import { manifest, one, refused, rowsOf } from '../support/read-rows.js';

describe('The rows of an archive', () => {
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
    ['', 'is not valid JSON'],
    ['{"model":"t","pk":1,"fields":{"a":"secret}', 'is not valid JSON'],
    ['{"model":"t","pk":1,"fields":{"a":"x"}}]', 'is not valid JSON'],
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
    for (const pk of ['"x"', '["x"]', '["x","y","z"]', 'null', '{"0":"x","1":"y","length":2}']) {
      await refused(keyed(pk), 'key of 2 columns');
    }
    await refused(madeTable('t', [['a', 'text']], [], ['{"model":"t","pk":1,"fields":{"a":"x"}}']), 'key of 0 columns');
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
