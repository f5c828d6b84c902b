import { setImmediate } from 'node:timers/promises';
import { type LineBlock, type LineTemplate, lineTemplate } from '../../../jsonl/format.js';
import { LineBlockBuilder, type LineCell } from '../../../jsonl/writer.js';
import { collectEarly } from '../../../support/collect-early.js';
import type { CatalogColumn } from '../../catalog-table.js';
import type { SqliteTable } from './catalog.js';
import type { SqliteConnection } from './connection.js';
import { type RowSelection, selectRows } from './lines/by-value.js';
import { LineQuery } from './lines/line-query.js';

/** The driver works in this thread; it yields to the event loop after this many milliseconds. */
const SLICE_MS = 5;
const CHUNK_BYTES = 64 * 1024;
const FIRST_ROWS = 64;
const MOST_ROWS = 512;
/** How often the number of rows doubles that are read value by value before SQL is tried again. */
const MOST_DOUBLINGS = 12;
const [LOWEST_ID, HIGHEST_ID] = [-(2n ** 63n), 2n ** 63n - 1n] as const;

/** The rows of one table as lines, read in slices. @param check throws when reading is to end */
export function readLines(
  connection: SqliteConnection,
  table: SqliteTable,
  model: string,
  check: () => void,
): AsyncGenerator<LineBlock> {
  return new TableLines(connection, table, model, check).read();
}

class TableLines {
  private readonly template: LineTemplate<CatalogColumn>;
  private readonly builder: LineBlockBuilder;
  private readonly encoding: string;
  private readonly selection: RowSelection;
  private sliceEnd = 0;

  constructor(
    private readonly connection: SqliteConnection,
    private readonly table: SqliteTable,
    model: string,
    private readonly check: () => void,
  ) {
    check();
    this.template = lineTemplate(table, model);
    this.builder = new LineBlockBuilder(this.template);
    this.encoding = String(connection.all('PRAGMA encoding')[0]![0]);
    this.selection = selectRows(connection, table, this.template.columns, this.encoding);
  }

  async *read(): AsyncGenerator<LineBlock> {
    const query = LineQuery.of(this.connection, this.table, this.template, this.encoding);
    this.sliceEnd = performance.now() + SLICE_MS;
    try {
      if (query) yield* this.readByQuery(query);
      else yield* this.readByValue(this.selection.sql);
    } finally {
      query?.free();
    }
    const rest = this.builder.take();
    if (rest) yield rest;
  }

  private async *readByQuery(query: LineQuery): AsyncGenerator<LineBlock> {
    const { builder } = this;
    let limit = FIRST_ROWS;
    let doublings = 0;
    for (let from = LOWEST_ID; ; ) {
      const chunk = query.read(from, limit);
      if (!chunk) return;
      let last: bigint | undefined = chunk.last;
      if (chunk.bytes) {
        doublings = Math.max(doublings - 1, 0);
        builder.addLines(chunk.bytes, chunk.count);
        if (builder.full) yield* this.block();
        const rows = Math.round((CHUNK_BYTES * chunk.count) / chunk.bytes.length);
        limit = Math.min(Math.max(rows, 1), MOST_ROWS);
      } else {
        last = yield* this.readSomeByValue(from, chunk.count * 2 ** doublings);
        doublings = Math.min(doublings + 1, MOST_DOUBLINGS);
      }
      if (last === undefined || last === HIGHEST_ID) return;
      from = last + 1n;
      if (performance.now() > this.sliceEnd) await this.nextSlice();
    }
  }

  /** @returns the last row's id */
  private readSomeByValue(from: bigint, limit: number): AsyncGenerator<LineBlock, bigint | undefined> {
    const { rowId } = this.table;
    return this.readByValue(`${this.selection.sql} WHERE ${rowId} >= ${from} ORDER BY ${rowId} LIMIT ${limit}`);
  }

  private async *readByValue(sql: string): AsyncGenerator<LineBlock, bigint | undefined> {
    const { builder, selection } = this;
    const { length } = this.template.columns;
    const cells: LineCell[] = [];
    let last: bigint | undefined;
    for (const row of this.connection.iterate(sql)) {
      for (let index = 0; index < length; index++) cells[index] = selection.cell(row, index);
      builder.add(cells);
      last = selection.id(row);
      if (builder.full) yield* this.block();
      if (performance.now() > this.sliceEnd) await this.nextSlice();
    }
    return last;
  }

  private *block(): Generator<LineBlock> {
    yield this.builder.take()!;
    collectEarly();
    this.check();
  }

  private async nextSlice(): Promise<void> {
    await setImmediate();
    this.check();
    this.sliceEnd = performance.now() + SLICE_MS;
  }
}
