import { createHash } from 'node:crypto';

const ENCODINGS = ['integer', 'boolean', 'text', 'hex', 'base64', 'index', 'real', 'numeric'];
const VALUES = {
  integer: [0, -7, 2 ** 31, { i: '9007199254740993' }],
  boolean: [true, false],
  text: ['', 'x', 'ü\n"\\', '\u2028', 'n'.repeat(2_000), { t: '/w==' }],
  hex: ['', 'ff00'],
  base64: ['', 'AAAA', 'AA=='],
  index: ['0', '12'],
  real: ['1.5', '-Infinity', '1e+300', { r: '2' }],
  numeric: ['1', '1.0', { b: 'AA==' }],
};

export const digestOf = (text) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** A table with some columns of any encoding. */
export function tableOf(name, chance) {
  const columns = Array.from({ length: chance.between(1, 5) }, (_, index) => ({
    name: chance.between(0, 9) ? `c${index}` : `__proto__${index || ''}`,
    type: 'any',
    encoding: chance.of(ENCODINGS),
  }));
  const primaryKey = columns.slice(0, chance.between(0, 2)).map((column) => column.name);
  return {
    name,
    schema: null,
    table: name,
    entities: [],
    columns,
    primaryKey,
    rows: 0,
    digest: digestOf(''),
    excluded: false,
  };
}

/** A row of the table, as its line has it. */
export function lineOf({ name, columns, primaryKey }, chance) {
  const values = new Map(
    columns.map((column) => [column.name, chance.between(0, 5) ? chance.of(VALUES[column.encoding]) : null]),
  );
  const keys = primaryKey.map((key) => values.get(key));
  const fields = columns.filter((column) => !primaryKey.includes(column.name));
  const body = fields.map((column) => `${JSON.stringify(column.name)}:${JSON.stringify(values.get(column.name))}`);
  const pk = keys.length === 0 ? null : keys.length === 1 ? keys[0] : keys;
  return `{"model":${JSON.stringify(name)},"pk":${JSON.stringify(pk)},"fields":{${body.join(',')}}}`;
}

export function manifestOf(tables) {
  return {
    format: 'nestjs-backup/1',
    id: 'c0ffee00-0000-4000-8000-000000000000',
    createdAt: '2026-01-02T03:04:05.678Z',
    finishedAt: '2026-01-02T03:04:06.000Z',
    appVersion: '1.4.2',
    database: { type: 'postgres', version: '17.0' },
    tables,
    sequences: [{ name: 'user_id_seq', value: '7', called: true }],
    files: { uploads: { count: 1, bytes: 2 } },
    skipped: [],
    warnings: ['careful'],
    complete: true,
  };
}
