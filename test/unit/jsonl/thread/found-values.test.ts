import { Readable } from 'node:stream';
import { STORED } from '../../../../lib/archive/compression.js';
import { type ColumnEncoding, type LineBlock, type LineValue, lineTemplate } from '../../../../lib/jsonl/format.js';
import { type LineTable, lineParser, tableScan } from '../../../../lib/jsonl/parser.js';
import { ThreadedLines } from '../../../../lib/jsonl/thread/threaded-lines.js';
import { LineBlockBuilder } from '../../../../lib/jsonl/writer.js';
import { type Chance, sampled } from '../../../fixtures/streams.js';

const VALUES: Partial<Record<ColumnEncoding, readonly LineValue[]>> = {
  integer: [0, -7, 999_999_999_999_999, null],
  boolean: [true, false, null],
  text: ['', 'words', 'é😀'.repeat(300), 'a "quote"\n\\ \t', '\n', 'long\n'.repeat(2_000), null],
  base64: ['', 'AAEC', null],
  hex: ['', '00ff', null],
};
const ENCODINGS = Object.keys(VALUES) as ColumnEncoding[];

function tableOf(chance: Chance, name: string, encodings: readonly ColumnEncoding[]): LineTable {
  const columns = encodings.map((encoding, at) => ({ name: at.toString(36), encoding }));
  return {
    name,
    columns,
    primaryKey: columns.slice(0, chance.between(0, Math.min(2, columns.length))).map((c) => c.name),
  };
}

function linesOf(table: LineTable, rows: number, value: (encoding: ColumnEncoding) => LineValue): Buffer {
  const columns = table.columns.map((column) => ({ ...column, generated: false }));
  const template = lineTemplate({ columns, primaryKey: table.primaryKey }, table.name);
  const builder = new LineBlockBuilder(template);
  for (let row = 0; row < rows; row++) {
    builder.add(template.columns.map(({ encoding }) => JSON.stringify(value(encoding))));
  }
  return builder.take()?.bytes ?? Buffer.alloc(0);
}

/** What was found of a block, in the columns' order. */
function valuesOf({ bytes, count, found }: LineBlock, table: LineTable): Array<Array<string | null>> {
  const { order } = tableScan(table);
  return Array.from({ length: count }, (_, line) =>
    order.map((column) => {
      const at = 2 * (line * order.length + column);
      const [start, end] = [found!.places[at]!, found!.places[at + 1]!];
      if (start < 0) return null;
      return end < 0 ? found!.texts.toString('utf8', start, ~end) : bytes.toString('utf8', start, end);
    }),
  );
}

const texts = (row: readonly LineValue[]) => row.map((value) => (value === null ? null : String(value)));

async function read(
  tables: ReadonlyArray<{ table: LineTable; lines: Buffer }>,
  each: (table: LineTable, block: LineBlock) => void,
) {
  const rows = tables.map(({ lines }) => lines.toString('latin1').split('\n').length - 1);
  const content = Buffer.concat(tables.map(({ lines }) => lines));
  const source = new ThreadedLines(
    {
      method: STORED,
      size: content.length,
      chunks: Readable.from([content]),
      check: () => {},
      undecodable: ({ message }) => new Error(message) as never,
    },
    rows,
    2 ** 24,
    tables.map(({ table }) => tableScan(table).lines),
  );
  try {
    for (const [index, { table }] of tables.entries()) {
      for (let missing = rows[index]!; missing > 0; ) {
        const block = (await source.next())!;
        each(table, block);
        missing -= block.count;
      }
    }
    expect(await source.next()).toBeUndefined();
  } finally {
    await source.close();
  }
}

describe('Values that a thread finds in lines', () => {
  it('are what parsing gives, of every table and block', () =>
    sampled(5, async (chance) => {
      const tables = Array.from({ length: chance.between(1, 5) }, (_, index) => {
        const encodings = Array.from({ length: chance.between(1, 6) }, () => chance.of(ENCODINGS));
        const table = tableOf(chance, `t${index}`, encodings);
        return { table, lines: linesOf(table, chance.of([0, 1, 40, 400]), (encoding) => chance.of(VALUES[encoding]!)) };
      });
      await read(tables, (table, block) => {
        const lines = block.bytes.toString().trimEnd().split('\n');
        expect(valuesOf(block, table)).toEqual(lines.map(lineParser(table)).map(texts));
      });
    }));

  it.each<[string, (encoding: ColumnEncoding) => LineValue]>([
    ['are written in another way', () => '\u0001'],
    ['are of another kind', () => ({ t: 'AA==' })],
    ['are longer than the memory of a block', () => 'x'.repeat(2_000_000)],
  ])('are left to parsing where lines %s', (_, value) =>
    sampled(1, async (chance) => {
      const [plain, other] = ['plain', 'other'].map((name) => tableOf(chance, name, ['text', 'text']));
      const blocks: Array<[string, boolean]> = [];
      const tables = [
        { table: plain!, lines: linesOf(plain!, 3, () => 'x') },
        { table: other!, lines: linesOf(other!, 3, value) },
      ];
      await read(tables, (table, { found }) => blocks.push([table.name, found !== undefined]));
      expect(new Set(blocks.map(String))).toEqual(new Set(['plain,true', 'other,false']));
    }),
  );

  it('are left to parsing where there are too many', () =>
    sampled(1, async (chance) => {
      const table = tableOf(
        chance,
        't',
        Array.from({ length: 36 }, () => 'integer' as const),
      );
      const found: boolean[] = [];
      await read([{ table, lines: linesOf(table, 10_000, () => 1) }], (_, block) =>
        found.push(block.found !== undefined),
      );
      expect(found).toContain(false);
    }));
});
