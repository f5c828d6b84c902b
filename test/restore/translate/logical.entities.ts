import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import type { Engine } from '../../fixtures/databases.js';

type Family = Engine['family'];
type Column = EntitySchemaColumnOptions;

/** One column of every logical type, as a team would declare it on each engine. */
const COLUMNS: Record<string, Column | Record<Family, Column>> = {
  small: { type: 'smallint' },
  whole: { type: 'integer' },
  big: { type: 'bigint' },
  exact: { type: 'decimal', precision: 14, scale: 4 },
  single: { postgres: { type: 'real' }, mysql: { type: 'float' }, sqlite: { type: 'float' } },
  double: { type: 'double precision' },
  flag: { type: Boolean },
  short: { type: 'varchar', length: 20 },
  fixed: {
    postgres: { type: 'char', length: 5 },
    mysql: { type: 'char', length: 5 },
    sqlite: { type: 'character', length: 5 },
  },
  long: { type: 'text' },
  raw: { postgres: { type: 'bytea' }, mysql: { type: 'longblob' }, sqlite: { type: 'blob' } },
  day: { type: 'date' },
  clock: { postgres: { type: 'time' }, mysql: { type: 'time', precision: 6 }, sqlite: { type: 'time' } },
  wall: { postgres: { type: Date }, mysql: { type: Date, precision: 6 }, sqlite: { type: Date } },
  moment: {
    postgres: { type: 'timestamptz' },
    mysql: { type: 'timestamp', precision: 6 },
    sqlite: { type: 'datetime' },
  },
  stamped: {
    postgres: { createDate: true, type: Date },
    mysql: { createDate: true, type: Date, precision: 6 },
    sqlite: { createDate: true, type: Date },
  },
  doc: { type: 'json' },
  binary: { postgres: { type: 'jsonb' }, mysql: { type: 'json' }, sqlite: { type: 'jsonb' } },
  plain: { type: 'simple-json' },
  list: { type: 'simple-array' },
  ident: { type: 'uuid' },
  words: {
    postgres: { type: 'text', array: true },
    mysql: { type: 'simple-json' },
    sqlite: { type: 'simple-json' },
  },
  numbers: {
    postgres: { type: 'integer', array: true },
    mysql: { type: 'simple-array' },
    sqlite: { type: 'simple-array' },
  },
  mood: { type: 'simple-enum', enum: ['calm', 'it is', 'Größe'] },
};

export function logicalEntities(family: Family): EntitySchema[] {
  const of = (column: Column | Record<Family, Column>) => ('postgres' in column ? column[family] : column) as Column;
  const columns = Object.entries(COLUMNS).map(([name, column]) => {
    return [name, { ...of(column), nullable: true }] as const;
  });
  const box = new EntitySchema({
    name: 'Box',
    columns: {
      id: { type: 'integer', primary: true, generated: true },
      ...Object.fromEntries(columns),
    },
  });
  return [box];
}

/** Values at the edges of what all three engines hold, as the entities take them. */
export const EDGES: Array<Record<string, unknown>> = [
  {
    small: -32768,
    whole: -2147483648,
    big: '-9223372036854775808',
    exact: '-9999999999.9999',
    single: -0.1,
    double: -1.7976931348623157e308,
    flag: false,
    short: '',
    fixed: 'a',
    long: '',
    raw: Buffer.alloc(0),
    day: '1000-01-01',
    clock: '00:00:00',
    wall: new Date('1970-01-01T00:00:00.000Z'),
    moment: new Date('1970-01-01T00:00:01.000Z'),
    doc: {},
    binary: [],
    plain: null,
    list: [],
    ident: '00000000-0000-0000-0000-000000000000',
    words: [],
    numbers: [],
    mood: 'calm',
  },
  {
    small: 32767,
    whole: 2147483647,
    big: '9223372036854775807',
    exact: '9999999999.9999',
    single: 16777216,
    double: 5e-324,
    flag: true,
    short: 'ä😀'.repeat(10),
    fixed: 'abcde',
    long: 'line\r\nfeed \\ " \' \t \b \u2028 \\N \\. 😀 ä \ud7ff \ufffd \uffff',
    raw: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
    day: '9999-12-31',
    clock: '23:59:59',
    wall: new Date('9999-12-30T23:59:59.999Z'),
    moment: new Date('2038-01-19T03:14:07.999Z'),
    doc: { b: [1, 2.5, null, true, 'ä"\\'], a: { deep: {} }, '': 1e21 },
    binary: { a: [1, 2.5, null, true, false, 'x\ny', 'ä'], bb: { c: 'long '.repeat(20_000) } },
    plain: ['x', { y: 1 }],
    list: ['one', 'two three', '"four"'],
    ident: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
    words: ['a,b', '', 'NULL', '{}', '"q"', '\\', '😀'],
    numbers: [-2147483648, 0, 2147483647],
    mood: 'it is',
  },
  {
    small: 0,
    whole: 0,
    big: '9007199254740993',
    exact: '0.0001',
    single: 3.4e38,
    double: 0.1,
    flag: null,
    short: ' blanks ',
    fixed: 'ä',
    long: 'null',
    raw: Buffer.from('text'),
    day: '2024-02-29',
    clock: '12:34:56',
    wall: new Date('2024-02-29T12:34:56.789Z'),
    moment: new Date('2000-01-01T00:00:00.000Z'),
    doc: 5,
    binary: 'text',
    plain: 'text',
    list: ['1', '2'],
    ident: '123e4567-e89b-12d3-a456-426614174000',
    words: ['one'],
    numbers: [7],
    mood: 'Größe',
  },
  Object.fromEntries(Object.keys(COLUMNS).map((name) => [name, null])),
];
