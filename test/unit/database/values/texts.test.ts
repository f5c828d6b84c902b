import { charsetCheck } from '../../../../lib/database/dialects/mysql/values/texts.js';
import { formatArray, parseArray } from '../../../../lib/database/dialects/postgres/values/arrays.js';
import { counterName } from '../../../../lib/database/dialects/postgres/values/index.js';
import { compact, distinctKeys, withoutNul } from '../../../../lib/database/values/json-text.js';
import { characters } from '../../../../lib/database/values/texts.js';

describe('text between engines', () => {
  it('reads and writes arrays', () => {
    const items = ['a', '', null, 'NULL', 'a,b', '{}', '"', '\\', '\\"', 'line\nfeed', ' '];
    expect(parseArray(formatArray(items), 'text')).toEqual({ items, bare: false });
    expect(parseArray('{}', 'text').items).toEqual([]);
    expect(parseArray('{1,NULL,3}', 'integer')).toEqual({ items: ['1', null, '3'], bare: true });
    expect(parseArray('{t,f,NULL}', 'boolean').items).toEqual(['true', 'false', null]);
    expect(() => parseArray('{{1},{2}}', 'integer')).toThrow(/several dimensions/);
    expect(() => parseArray('[0:1]={1,2}', 'integer')).toThrow(/bounds/);
  });

  it('takes blanks out of JSON, but not out of its strings', () => {
    expect(compact('{ "a \\" : b" :\t[ 1 , "x  y" ]\n}')).toBe('{"a \\" : b":[1,"x  y"]}');
    const long = JSON.stringify(['x'.repeat(20_000_000), '"'.repeat(1000)]);
    expect(compact(long) === long).toBe(true);
  });

  it('finds keys that stand twice, and NUL', () => {
    const fine = ['{"a":{"a":1},"b":[{"a":":"}]}', '[":", "a"]', '5', '"a"', `${'['.repeat(5000)}${']'.repeat(5000)}`];
    for (const json of fine) expect(distinctKeys(json)).toBe(json);
    expect(() => distinctKeys('{"a":1, "a" : 2}')).toThrow(/key twice/);
    expect(() => distinctKeys('{"a":1,"\\u0061":2}')).toThrow(/key twice/);
    expect(withoutNul('["\\\\u0000"]')).toBe('["\\\\u0000"]');
    expect(() => withoutNul('[["\\u0000"]]')).toThrow(/NUL/);
    expect(() => withoutNul('{"\\u0000":1}')).toThrow(/NUL/);
  });

  it('knows which characters an old character set has', () => {
    expect(charsetCheck('latin1')('€ ä')).toBe('€ ä');
    expect(() => charsetCheck('latin1')('ł')).toThrow(/latin1/);
    expect(charsetCheck('latin2')('ł')).toBe('ł');
    expect(charsetCheck('utf8mb3')('ł\ud7ff')).toBe('ł\ud7ff');
    expect(() => charsetCheck('utf8mb3')('😀')).toThrow(/utf8mb3/);
    expect(() => charsetCheck('sjis')('ä')).toThrow(/sjis/);
    expect(charsetCheck(null)('😀')).toBe('😀');
  });

  it('counts characters, not units', () => expect(characters('ä😀b')).toBe(3));

  it('names sequences as PostgreSQL does', () => {
    expect(counterName({ schema: null, name: 'note' }, 'id')).toBe('note_id_seq');
    expect(counterName({ schema: 'shop', name: 'note' }, 'id')).toBe('shop.note_id_seq');
    const long = counterName({ schema: null, name: 'a'.repeat(60) }, 'b'.repeat(40));
    expect(long).toBe(`${'a'.repeat(29)}_${'b'.repeat(29)}_seq`);
  });
});
