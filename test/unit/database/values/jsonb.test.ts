import BetterSqlite3 from 'better-sqlite3';
import { readJsonb, writeJsonb } from '../../../../lib/database/dialects/sqlite/values/jsonb.js';

describe('JSON in the binary form of SQLite', () => {
  const database = new BetterSqlite3(':memory:');
  const made = (json: string) => database.prepare('SELECT jsonb(?)').pluck().get(json) as Buffer;
  afterAll(() => database.close());

  const texts = [11, 12, 255, 256, 65_535, 65_536].map((length) => JSON.stringify('x'.repeat(length)));
  it.each([
    ...['null', 'true', 'false', '0', '-12', '2.5', '1e21', '9007199254740993', '""', '[]', '{}'],
    ...['"ä😀"', '"\\n\\"\\u0000"', '{"a":{"b":[1,[2,{}]]},"":null}', '[",","]","}",":"]', ' { "a" : [ 1 , 2 ] } '],
    ...texts,
    JSON.stringify({ list: texts }),
    `${'['.repeat(500)}${']'.repeat(500)}`,
  ])('is what SQLite makes of it (%#)', (json) => {
    expect(writeJsonb(json).equals(made(json))).toBe(true);
    expect(JSON.parse(readJsonb(made(json)))).toEqual(JSON.parse(json));
  });

  it('is refused where it is broken, or JSON5', () => {
    for (const hex of ['', 'ff', 'cc', '2b13', '1b', '24302e', 'f00000000000000000']) {
      expect(() => readJsonb(Buffer.from(hex, 'hex'))).toThrow(/SQLite/);
    }
    expect(() => readJsonb(made('{a:0x1F}'))).toThrow(/JSON5/);
  });
});
