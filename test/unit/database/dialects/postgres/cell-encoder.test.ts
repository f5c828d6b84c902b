import { encodeCell } from '../../../../../lib/database/dialects/postgres/cell-encoder.js';
import { copyText } from '../../../../../lib/database/dialects/postgres/restore/copy/text.js';
import { bytesOf } from '../../../../../lib/jsonl/bytes.js';
import type { ColumnEncoding } from '../../../../../lib/jsonl/format.js';
import { ByteBuilder } from '../../../../../lib/jsonl/writer.js';
import { oddText } from '../../../../fixtures/odd-texts.js';
import { sampled } from '../../../../fixtures/streams.js';

/** @returns the JSON of a cell, with another one around it, in memory that has to grow */
function encoded(encoding: ColumnEncoding, cell: string, end = '\t'): string {
  const row = Buffer.from(`before\t${cell}${end}after\n`);
  const start = 'before\t'.length;
  const line = new ByteBuilder(8);
  expect(encodeCell(encoding, bytesOf(row), start, line)).toBe(start + Buffer.byteLength(cell));
  return line.filled.toString();
}

describe('A cell of COPY', () => {
  it('is the JSON of its text', () =>
    sampled(300, async (chance) => {
      const text = oddText(chance, 60);
      expect(encoded('text', copyText(text), chance.between(0, 1) ? '\t' : '\n')).toBe(JSON.stringify(text));
    }));

  it('has its escapes wherever they are, also where memory is reserved anew', () => {
    for (const odd of ['"', '\\', '\n', '\v', '\u0001', '\v"\u0001\\']) {
      for (let at = 4080; at < 4110; at++) {
        const text = `${'x'.repeat(at)}${odd}${'ü'.repeat(20)}`;
        expect(encoded('text', copyText(text))).toBe(JSON.stringify(text));
      }
    }
  });

  it('may consist of what takes six bytes each', () => {
    const text = '\u0001'.repeat(20_000);
    expect(encoded('text', text)).toBe(JSON.stringify(text));
  });

  it.each<[ColumnEncoding, string, string]>([
    ['text', '\\N', 'null'],
    ['text', '\\\\N', '"\\\\N"'],
    ['text', '', '""'],
    ['integer', '\\N', 'null'],
    ['integer', '-2147483648', '-2147483648'],
    ['boolean', 't', 'true'],
    ['boolean', 'f', 'false'],
    ['boolean', '\\N', 'null'],
    ['hex', '\\\\x00ff', '"00ff"'],
    ['hex', '\\\\x', '""'],
  ])('of the encoding %s: %s', (encoding, cell, json) => {
    expect(encoded(encoding, cell)).toBe(json);
  });
});
