import type { EntitySchemaColumnOptions } from 'typeorm';
import type { EngineName } from '../../fixtures/databases.js';

/** One value that does not fit: where it is, where it should go, and what is said of it. */
export interface UnfitCase {
  readonly title: string;
  readonly from: EngineName;
  readonly to: EngineName;
  readonly source: EntitySchemaColumnOptions;
  readonly target: EntitySchemaColumnOptions;
  /** As SQL of the source. */
  readonly value: string;
  readonly reason: RegExp;
}

const [sqlite, postgres, mariadb] = ['better-sqlite3', 'postgres', 'mariadb'] as const;

type Row = [string, EngineName, EngineName, EntitySchemaColumnOptions, EntitySchemaColumnOptions, string, RegExp];

const ROWS: Row[] = [
  ['an integer', sqlite, postgres, { type: 'integer' }, { type: 'integer' }, '2147483648', /out of the range/],
  [
    'an unsigned integer',
    mariadb,
    postgres,
    { type: 'bigint', unsigned: true },
    { type: 'bigint' },
    '18446744073709551615',
    /out of the range/,
  ],
  [
    'a negative number',
    postgres,
    mariadb,
    { type: 'integer' },
    { type: 'int', unsigned: true },
    '-1',
    /out of the range/,
  ],
  ['a fraction', sqlite, postgres, { type: 'integer' }, { type: 'integer' }, '0.5', /no whole numbers/],
  [
    'a long decimal',
    sqlite,
    postgres,
    { type: 'decimal' },
    { type: 'decimal', precision: 5, scale: 1 },
    '123456.5',
    /more digits than the target/,
  ],
  [
    'a fine decimal',
    sqlite,
    mariadb,
    { type: 'decimal' },
    { type: 'decimal', precision: 10, scale: 2 },
    '1.005',
    /2 digits behind the point/,
  ],
  [
    'a decimal beyond a double',
    postgres,
    sqlite,
    { type: 'numeric' },
    { type: 'decimal' },
    '12345678901234567890.5',
    /floating-point/,
  ],
  ['a double', sqlite, mariadb, { type: 'double' }, { type: 'float' }, '0.12345678901', /32 bits/],
  ['not a number', postgres, sqlite, { type: 'float8' }, { type: 'double' }, `'NaN'`, /NaN/],
  ['infinity', postgres, mariadb, { type: 'float8' }, { type: 'double' }, `'Infinity'`, /not finite/],
  ['a boolean of 2', sqlite, postgres, { type: 'boolean' }, { type: 'boolean' }, '2', /neither 0 nor 1/],
  ['NUL in text', sqlite, postgres, { type: 'text' }, { type: 'text' }, `CAST(X'610062' AS TEXT)`, /character NUL/],
  [
    'text that is no UTF-8',
    sqlite,
    mariadb,
    { type: 'text' },
    { type: 'text' },
    `CAST(X'ff' AS TEXT)`,
    /no valid UTF-8/,
  ],
  [
    'long text',
    sqlite,
    postgres,
    { type: 'varchar', length: 5 },
    { type: 'varchar', length: 5 },
    `'äöüäöü'`,
    /longer than the 5 characters/,
  ],
  [
    'text beyond its bytes',
    postgres,
    mariadb,
    { type: 'text' },
    { type: 'tinytext' },
    `repeat('ä', 128)`,
    /longer than the 255 bytes/,
  ],
  [
    'a character of four bytes',
    sqlite,
    mariadb,
    { type: 'text' },
    { type: 'text', charset: 'utf8mb3' },
    `'😀'`,
    /character set utf8mb3/,
  ],
  [
    'a character beyond latin1',
    postgres,
    mariadb,
    { type: 'text' },
    { type: 'text', charset: 'latin1' },
    `'Ω'`,
    /character set latin1/,
  ],
  ['bytes', sqlite, mariadb, { type: 'blob' }, { type: 'tinyblob' }, `zeroblob(256)`, /longer than the 255 bytes/],
  ['a day that is none', mariadb, postgres, { type: 'date' }, { type: 'date' }, `'0000-00-00'`, /no dates/],
  ['a day without end', postgres, sqlite, { type: 'date' }, { type: 'date' }, `'infinity'`, /no dates/],
  ['a day before our era', postgres, mariadb, { type: 'date' }, { type: 'date' }, `'0044-03-15 BC'`, /no dates/],
  ['a time of 30 hours', mariadb, postgres, { type: 'time' }, { type: 'time' }, `'30:00:00'`, /no times of one day/],
  [
    'microseconds',
    postgres,
    mariadb,
    { type: 'timestamp' },
    { type: 'datetime', precision: 3 },
    `'2024-01-01 00:00:00.123456'`,
    /3 digits of a second/,
  ],
  [
    'an instant after 2038',
    sqlite,
    mariadb,
    { type: 'datetime' },
    { type: 'timestamp' },
    `'2039-01-01 00:00:00'`,
    /out of the range/,
  ],
  [
    'a moment that is none',
    sqlite,
    postgres,
    { type: 'datetime' },
    { type: 'timestamp' },
    `'yesterday'`,
    /no dates with a time/,
  ],
  ['text that is no UUID', sqlite, postgres, { type: 'varchar' }, { type: 'uuid' }, `'nope'`, /no UUIDs/],
  ['text that is no JSON', sqlite, postgres, { type: 'text' }, { type: 'json' }, `'{'`, /no valid JSON/],
  ['a key that stands twice', sqlite, postgres, { type: 'text' }, { type: 'jsonb' }, `'{"a":1,"a":2}'`, /a key twice/],
  ['NUL in JSON', mariadb, postgres, { type: 'json' }, { type: 'jsonb' }, `'["\\\\u0000"]'`, /character NUL/],
  ['a label', sqlite, postgres, { type: 'varchar' }, { type: 'enum', enum: ['calm'] }, `'angry'`, /none of the labels/],
  [
    'a label of MariaDB',
    postgres,
    mariadb,
    { type: 'text' },
    { type: 'enum', enum: ['calm'] },
    `'angry'`,
    /none of the labels/,
  ],
  [
    'lists within lists',
    postgres,
    sqlite,
    { type: 'integer', array: true },
    { type: 'simple-json' },
    `'{{1,2},{3,4}}'`,
    /several dimensions/,
  ],
  [
    'a list with a comma',
    postgres,
    mariadb,
    { type: 'text', array: true },
    { type: 'simple-array' },
    `'{"a,b"}'`,
    /text with commas cannot hold/,
  ],
  [
    'a type that only the source has',
    postgres,
    mariadb,
    { type: 'varbit' },
    { type: 'text' },
    `B'101'`,
    /no counterpart/,
  ],
  ['a type of its own', sqlite, postgres, { type: 'text' }, { type: 'inet' }, `'127.0.0.1'`, /no counterpart/],
  ['bytes as text', sqlite, postgres, { type: 'blob' }, { type: 'text' }, `X'00'`, /no counterpart/],
  [
    'no value',
    sqlite,
    postgres,
    { type: 'text', nullable: true },
    { type: 'text', nullable: false },
    'NULL',
    /are NULL/,
  ],
];

export const UNFIT: UnfitCase[] = ROWS.map(([title, from, to, source, target, value, reason]) => ({
  title: `${title}, ${from} to ${to}`,
  from,
  to,
  source: { nullable: true, ...source },
  target: { nullable: true, ...target },
  value,
  reason,
}));
