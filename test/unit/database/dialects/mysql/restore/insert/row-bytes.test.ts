import { RowBytes, type ValueKind } from '../../../../../../../lib/database/dialects/mysql/restore/insert/row-bytes.js';
import { bytesOf } from '../../../../../../../lib/jsonl/bytes.js';

const KINDS: readonly ValueKind[] = ['text', 'number', 'text'];
type Row = Array<string | number | null>;

function add(rows: RowBytes, values: Row): void {
  for (const value of values) {
    if (value === null) {
      rows.addNull();
    } else if (typeof value === 'number') {
      rows.addNumber(value);
    } else {
      const bytes = Buffer.from(value);
      rows.addText(bytesOf(bytes), 0, bytes.length);
    }
  }
}

function filled(all: readonly Row[]): RowBytes {
  const rows = new RowBytes(KINDS, 2 ** 20);
  for (const row of all) {
    add(rows, row);
    rows.endRow();
  }
  return rows;
}

const ROWS: readonly Row[] = [
  ['', -1, 'é'],
  [null, null, null],
  ['x'.repeat(250), 2 ** 31, 'y'.repeat(251)],
  ['z'.repeat(65_535), null, 'ü'.repeat(40_000)],
  [null, -(2 ** 31), ''],
];

describe('Rows as the bytes of a packet', () => {
  it('are the same rows again, whatever their lengths', () => {
    expect(filled(ROWS).rows()).toEqual(ROWS);
  });

  it.each([0, 1, 2, 3, 4, 5])('of which %i are kept leave the rest to others', (kept) => {
    const [rows, rest] = [filled(ROWS), new RowBytes(KINDS, 2 ** 20)];
    rows.moveRest(kept, rest);
    expect(rows.rows()).toEqual(ROWS.slice(0, kept));
    expect(rest.rows()).toEqual(ROWS.slice(kept));
    add(rest, ['more', 1, null]);
    rest.endRow();
    expect(rest.rows()).toEqual([...ROWS.slice(kept), ['more', 1, null]]);
  });

  it('forget a row that was given up half-way, and all when they are cleared', () => {
    const rows = filled(ROWS);
    add(rows, ['half', null]);
    rows.abandonRow();
    expect(rows.rows()).toEqual(ROWS);
    rows.clear();
    add(rows, ['new', null, 'row']);
    rows.endRow();
    expect(rows.rows()).toEqual([['new', null, 'row']]);
  });
});
