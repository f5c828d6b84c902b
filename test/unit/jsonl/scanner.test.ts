import { isUtf8 } from 'node:buffer';
import { blockCopier } from '../../../lib/database/dialects/postgres/restore/copy/text.js';
import type { ArchivedLines, LoadColumn } from '../../../lib/database/dialects/restore-dialect.js';
import { type LineValue, lineTemplate } from '../../../lib/jsonl/format.js';
import { lineParser, plainLines } from '../../../lib/jsonl/parser.js';
import { LineBlockBuilder } from '../../../lib/jsonl/writer.js';
import type { ManifestTable } from '../../../lib/manifest/manifest.js';
import { type Chance, sampled } from '../../fixtures/streams.js';

type Encoding = ManifestTable['columns'][number]['encoding'];

const TEXTS = [
  '',
  'words',
  'long words '.repeat(100),
  'ä 😀',
  'a "quote"',
  'back\\slash',
  'tab\tline\nfeed\r\b\f',
  '\\N',
  '\\.',
  '\u0001',
  '\ud800',
];
const CHOICES: Record<Encoding, readonly LineValue[]> = {
  integer: [0, -7, 2 ** 31, 999_999_999_999_999, Number.MAX_SAFE_INTEGER],
  boolean: [true, false],
  text: TEXTS,
  hex: ['', '00ff', 'ABcd'],
  base64: ['', 'AAEC', 'AQ=='],
  index: ['0', '12'],
  real: ['1.5', '-0', 'Infinity'],
  numeric: ['12', '1e300'],
};

function madeTable(chance: Chance, encodings: readonly Encoding[]): ManifestTable {
  const columns = Array.from({ length: chance.between(1, 8) }, (_, index) => {
    const name = chance.between(0, 3) === 0 ? `näme "${index}"` : `column${index}`;
    return { name, type: 'any', encoding: encodings[chance.between(0, encodings.length - 1)]! };
  });
  const primaryKey = columns.slice(0, chance.between(0, Math.min(3, columns.length))).map(({ name }) => name);
  if (chance.between(0, 1) === 1) columns.reverse();
  return { name: 'täble', columns, primaryKey } as unknown as ManifestTable;
}

/** With the key `id`. */
function tableOf(name: string, encodings: Readonly<Record<string, Encoding>>): ManifestTable {
  const columns = Object.entries(encodings).map(([column, encoding]) => ({ name: column, encoding, type: 'any' }));
  return { name, primaryKey: ['id'], columns } as unknown as ManifestTable;
}

function madeLines(chance: Chance, { name, columns, primaryKey }: ManifestTable): Buffer {
  const template = lineTemplate({ columns: columns.map((one) => ({ ...one, generated: false })), primaryKey }, name);
  const builder = new LineBlockBuilder(template);
  for (let rows = chance.between(1, 20); rows > 0; rows--) {
    const value = (encoding: Encoding) =>
      chance.between(0, 9) === 0 ? null : CHOICES[encoding][chance.between(0, CHOICES[encoding].length - 1)]!;
    builder.add(template.columns.map(({ encoding }) => JSON.stringify(value(encoding))));
  }
  return builder.take()!.bytes;
}

const parsed = (table: ManifestTable, lines: Buffer) => {
  const parse = lineParser(table);
  return lines.toString().trimEnd().split('\n').map(parse);
};

/** Values of rows in the text format of COPY, as the server reads them. */
function copied(rows: Buffer): Array<Array<string | null>> {
  const escapes: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
  const read = (value: string) => value.replaceAll(/\\(.)/gs, (_, escaped: string) => escapes[escaped] ?? escaped);
  const lines = rows.toString().slice(0, -1).split('\n');
  return lines.map((line) => line.split('\t').map((value) => (value === '\\N' ? null : read(value))));
}

const load = ({ columns }: ManifestTable) =>
  columns.map(({ name, encoding, type }) => ({ target: { name }, encoding, type })) as unknown as LoadColumn[];

/** As long as the lines: the rows are never longer. */
function copyOf(lines: ArchivedLines, table: ManifestTable, bytes: Buffer): Buffer | undefined {
  const rows = Buffer.alloc(bytes.length);
  const length = blockCopier(lines, load(table))(bytes, rows);
  return length === undefined ? undefined : rows.subarray(0, length);
}

describe('Lines that are read without being parsed', () => {
  it('have the values that parsing gives, or are left to it', () =>
    sampled(300, async (chance) => {
      const table = madeTable(chance, Object.keys(CHOICES) as Encoding[]);
      const lines = madeLines(chance, table);
      const expected = parsed(table, lines);
      const scanned = plainLines(table)(lines);
      if (scanned) expect(scanned).toEqual(expected);
      // Only these two are not plain.
      else expect(lines.toString()).toMatch(/\\u|9007199254740991/);
    }));

  it('become the rows of COPY that their values are', () =>
    sampled(300, async (chance) => {
      const table = madeTable(chance, ['integer', 'boolean', 'text', 'hex']);
      const lines = madeLines(chance, table);
      const rows = copyOf({ model: table.name, primaryKey: table.primaryKey }, table, lines);
      if (!rows) return expect(lines.toString()).toMatch(/\\u|9007199254740991/);
      const expected = parsed(table, lines).map((row) =>
        row.map((value, index) => {
          if (value === null) return null;
          return `${table.columns[index]!.encoding === 'hex' ? '\\x' : ''}${String(value)}`;
        }),
      );
      expect(copied(rows)).toEqual(expected);
    }));

  it.each([
    ['a line feed in a string', '{"model":"t","pk":1,"fields":{"a":"x\ny"}}\n'],
    ['a tab in a string', '{"model":"t","pk":1,"fields":{"a":"x\ty"}}\n'],
    ['an escape that JSON does not know', '{"model":"t","pk":1,"fields":{"a":"\\x41"}}\n'],
    ['an escape that means null to COPY', '{"model":"t","pk":1,"fields":{"a":"\\N"}}\n'],
    ['a number where text stands', '{"model":"t","pk":1,"fields":{"a":7}}\n'],
    ['a number with a leading zero', '{"model":"t","pk":01,"fields":{"a":""}}\n'],
    ['a fraction', '{"model":"t","pk":1.0,"fields":{"a":""}}\n'],
    ['no number', '{"model":"t","pk":-,"fields":{"a":""}}\n'],
    ['a space', '{"model":"t","pk": 1,"fields":{"a":""}}\n'],
    ['another table', '{"model":"u","pk":1,"fields":{"a":""}}\n'],
    ['another field', '{"model":"t","pk":1,"fields":{"b":""}}\n'],
    ['one field more', '{"model":"t","pk":1,"fields":{"a":"","b":""}}\n'],
    ['something behind it', '{"model":"t","pk":1,"fields":{"a":""}} \n'],
    ['no end', '{"model":"t","pk":1,"fields":{"a":""}}'],
    ['an open string', '{"model":"t","pk":1,"fields":{"a":"\\"'],
  ])('leave %s to the parser', (_what, line) => {
    const table = tableOf('t', { id: 'integer', a: 'text' });
    expect(plainLines(table)(Buffer.from(line))).toBeUndefined();
    expect(copyOf({ model: 't', primaryKey: ['id'] }, table, Buffer.from(line))).toBeUndefined();
  });

  const ofTwo = tableOf('täble', { id: 'integer', on: 'boolean', a: 'text' });
  const parsedOrNot = (line: Buffer) => {
    try {
      return parsed(ofTwo, line);
    } catch {
      return undefined;
    }
  };

  it('have what parsing gives whatever byte of a line is another one, or are left to it', () => {
    for (const on of [true, false, null]) {
      const line = Buffer.from(`{"model":"täble","pk":-12,"fields":{"on":${on},"a":"some words"}}\n`);
      expect(plainLines(ofTwo)(line)).toEqual([[-12, on, 'some words']]);
      for (let at = 0; at < line.length - 1; at++) {
        for (const other of [line[at]! ^ 1, line[at]! ^ 0x20, line[at]! ^ 0x80, 0x22, 0x5c]) {
          const changed = Buffer.from(line);
          changed[at] = other;
          const scanned = isUtf8(changed) ? plainLines(ofTwo)(changed) : undefined;
          if (scanned) expect(scanned).toEqual(parsedOrNot(changed));
        }
      }
    }
  });

  it('are those of each block, one after the other', () => {
    const scan = plainLines(ofTwo);
    for (const id of [1, 2]) {
      const line = Buffer.from(`{"model":"täble","pk":${id},"fields":{"on":null,"a":"${'text'.repeat(id)}"}}\n`);
      expect(scan(line)).toEqual([[id, null, 'text'.repeat(id)]]);
    }
  });

  it('have text with any byte that JSON takes as it is, at any place, and are left to it with any other', () => {
    const lineOf = (text: string) => Buffer.from(`{"model":"täble","pk":1,"fields":{"on":true,"a":"${text}"}}\n`);
    for (let length = 1; length <= 10; length++) {
      for (let at = 0; at < length; at++) {
        const textOf = (inside: string) => `${'x'.repeat(at)}${inside}${'ä'.repeat(length - at - 1)}`;
        for (let byte = 0; byte < 0x80; byte++) {
          const text = textOf(String.fromCharCode(byte));
          const taken = byte >= 0x20 && byte !== 0x22 && byte !== 0x5c;
          expect(plainLines(ofTwo)(lineOf(text))).toEqual(taken ? [[1, true, text]] : undefined);
        }
        expect(plainLines(ofTwo)(lineOf(textOf('\\"\\n')))).toEqual([[1, true, textOf('"\n')]]);
      }
    }
  });
});
