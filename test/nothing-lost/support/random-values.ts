import type { Engine } from '../../fixtures/databases.js';
import type { Chance } from '../../fixtures/streams.js';
import { mysqlTypesOf } from '../../fixtures/types/mysql.js';
import { postgresTypes } from '../../fixtures/types/postgres.js';
import { sqliteColumnTypes, sqliteValues } from '../../fixtures/types/sqlite.js';

/** A declared type, and SQL for a value of it, NULL aside. */
export interface RandomType {
  readonly type: string;
  value(chance: Chance): string;
}

export const oneOf = <Item>(chance: Chance, items: readonly Item[]): Item =>
  items[chance.between(0, items.length - 1)]!;

/** Code points that something on the way may stumble over: ends of ranges, quotes, controls, line ends, marks. */
const ODD = [
  1, 7, 8, 9, 10, 11, 12, 13, 27, 31, 34, 39, 44, 47, 92, 96, 123, 127, 0x85, 0xa0, 0x2028, 0xfeff, 0xfffd, 0xffff,
];
const RANGES = [
  [32, 126],
  [0xa1, 0x17f],
  [0x4e00, 0x9fff],
  [0x1f300, 0x1faff],
] as const;

export function randomText(chance: Chance, longest = 40): string {
  const length = chance.between(0, 200) === 0 ? chance.between(0, 100_000) : chance.between(0, longest);
  let text = '';
  for (let at = 0; at < length; at++) {
    const [low, high] = oneOf(chance, RANGES);
    text += String.fromCodePoint(chance.between(0, 4) === 0 ? oneOf(chance, ODD) : chance.between(low, high));
  }
  return text;
}

/** The first characters, none of them cut in two. */
export const shorten = (text: string, characters: number): string => Array.from(text).slice(0, characters).join('');

const randomBytes = (chance: Chance) =>
  chance.bytes(chance.between(0, 50) === 0 ? chance.between(0, 50_000) : chance.between(0, 40));
const randomDigits = (chance: Chance, most: number) =>
  Array.from({ length: chance.between(1, most) }, () => chance.between(0, 9)).join('');
const randomDecimal = (chance: Chance) =>
  `${oneOf(chance, ['', '-'])}${randomDigits(chance, 20)}.${randomDigits(chance, 9)}`;
const randomDouble = (chance: Chance): number => {
  const number = chance.bytes(8).readDoubleLE();
  return Number.isFinite(number) ? number : 0.1;
};
const randomBigint = (chance: Chance) => String(chance.bytes(8).readBigInt64LE());
// MySQL refuses names of more than 65,535 bytes in an object.
const randomJson = (chance: Chance): string =>
  JSON.stringify({
    [shorten(randomText(chance, 5), 10_000)]: [
      chance.between(-9, 9),
      randomText(chance),
      null,
      { a: randomDouble(chance) },
    ],
  });
const hex = (value: string | Buffer) => Buffer.from(value as string).toString('hex');
const microseconds = (chance: Chance) =>
  `${chance.between(-2e9, 2e9)}${String(chance.between(0, 999_999)).padStart(6, '0')}`;

const pgText = (text: string) => `convert_from('\\x${hex(text)}', 'UTF8')`;
const POSTGRES: RandomType[] = [
  { type: 'text', value: (chance) => pgText(randomText(chance)) },
  { type: 'varchar(100000)', value: (chance) => pgText(randomText(chance)) },
  { type: 'bytea', value: (chance) => `'\\x${randomBytes(chance).toString('hex')}'` },
  { type: 'int8', value: (chance) => `'${randomBigint(chance)}'` },
  { type: 'numeric', value: (chance) => `'${randomDecimal(chance)}'` },
  { type: 'float8', value: (chance) => `'${randomDouble(chance)}'` },
  { type: 'float4', value: (chance) => `'${chance.bytes(4).readFloatLE()}'::float4` },
  { type: 'timestamptz', value: (chance) => `'epoch'::timestamptz + interval '${microseconds(chance)} microseconds'` },
  {
    type: 'interval',
    value: (chance) =>
      `make_interval(0, ${chance.between(-99, 99)}, 0, ${chance.between(-99, 99)}, 0, 0, ${chance.between(-1e6, 1e6)} / 1e6)`,
  },
  { type: 'jsonb', value: (chance) => `${pgText(randomJson(chance))}::jsonb` },
  { type: 'json', value: (chance) => `${pgText(randomJson(chance))}::json` },
  { type: 'text[]', value: (chance) => `ARRAY[${pgText(randomText(chance))}, NULL, ${pgText(randomText(chance))}]` },
  {
    type: 'pair',
    value: (chance) => `ROW(${chance.between(-9, 9)}, ${pgText(randomText(chance))}, ARRAY[${randomDecimal(chance)}])`,
  },
];

const mysqlText = (text: string) => `CONVERT(x'${hex(text)}' USING utf8mb4)`;
const MYSQL: RandomType[] = [
  { type: 'longtext', value: (chance) => mysqlText(randomText(chance)) },
  { type: 'varchar(50)', value: (chance) => mysqlText(shorten(randomText(chance), 20)) },
  { type: 'longblob', value: (chance) => `x'${randomBytes(chance).toString('hex')}'` },
  { type: 'bigint', value: randomBigint },
  { type: 'bigint unsigned', value: (chance) => String(chance.bytes(8).readBigUInt64LE()) },
  { type: 'decimal(40,10)', value: randomDecimal },
  { type: 'double', value: (chance) => String(randomDouble(chance)) },
  { type: 'float', value: (chance) => `CAST(${chance.between(-1e9, 1e9)} / ${chance.between(1, 1e6)} AS DOUBLE)` },
  { type: 'datetime(6)', value: (chance) => `DATE_ADD('1970-01-01', INTERVAL ${microseconds(chance)} MICROSECOND)` },
  { type: 'json', value: (chance) => mysqlText(randomJson(chance)) },
  { type: 'bit(33)', value: (chance) => String(chance.between(0, 2 ** 33 - 1)) },
];

const sqliteText = (text: string) => `CAST(x'${hex(text)}' AS TEXT)`;
const sqliteValue = (chance: Chance): string =>
  oneOf(chance, [
    () => oneOf(chance, sqliteValues),
    () => sqliteText(randomText(chance)),
    () => `CAST(x'${chance.bytes(chance.between(0, 9)).toString('hex')}' AS TEXT)`,
    () => `x'${randomBytes(chance).toString('hex')}'`,
    () => randomBigint(chance).replace('-9223372036854775808', '0'),
    () => String(randomDouble(chance)).replace(/^(-?\d+)$/, '$1.0'),
  ])();

/** Every type of the engine's suite with its edge values, and the common ones with values of any kind. */
export function randomTypes(engine: Engine): readonly RandomType[] {
  const { family } = engine;
  if (family === 'sqlite') return sqliteColumnTypes.map((type) => ({ type, value: sqliteValue }));
  const edges = family === 'postgres' ? postgresTypes : mysqlTypesOf(engine);
  const cast = (type: string, literal: string) => (family === 'postgres' ? `${literal}::${type}` : literal);
  return [
    ...edges.map(([type, ...literals]) => ({ type, value: (chance: Chance) => cast(type, oneOf(chance, literals)) })),
    // As likely as all others together.
    ...Array.from({ length: 6 }, () => (family === 'postgres' ? POSTGRES : MYSQL)).flat(),
  ];
}

/** A text value that a key may hold; `number` makes it the only one of its kind. */
export function keyText({ family }: Engine, chance: Chance, number: number): string {
  const text = `${number}${shorten(randomText(chance), 5).trim()}`;
  return { postgres: pgText, mysql: mysqlText, sqlite: sqliteText }[family](text);
}
