import { setImmediate } from 'node:timers/promises';
import type { RowBatch, UnparsedBlock } from '../../../../jsonl/format.js';
import { abortable } from '../../abortable.js';
import type { SqliteValue } from '../connection.js';
import type { LineBinder } from './bind-lines.js';
import type { Inserter } from './inserter.js';

/** The driver works in this thread; it yields to the event loop after this many milliseconds. */
const SLICE_MS = 5;

/** @returns how many rows violate a CHECK that was not enforced */
export async function insertBy(inserter: Inserter, load: (inserter: Inserter) => Promise<void>): Promise<number> {
  try {
    await load(inserter);
    return await inserter.finish();
  } finally {
    inserter.free();
  }
}

/** @param ended stops loading immediately, with its reason */
export async function loadRows(
  inserter: Inserter,
  batches: AsyncIterable<RowBatch>,
  ended: AbortSignal,
): Promise<void> {
  const slices = new Slices(ended);
  for await (const batch of abortable(batches, ended)) {
    for (const row of batch) {
      inserter.insert(row);
      if (inserter.full) await slices.drained(inserter);
      else if (slices.isOver) await slices.next();
    }
  }
}

/** The same from lines, which are parsed only where they are not written as this version writes them. */
export async function loadLines(
  inserter: Inserter,
  binder: LineBinder,
  blocks: AsyncIterable<UnparsedBlock>,
  ended: AbortSignal,
): Promise<void> {
  const slices = new Slices(ended);
  const row: SqliteValue[] = [];
  for await (const block of abortable(blocks, ended)) {
    let parsed: RowBatch | undefined;
    binder.begin(block);
    for (let index = 0; index < block.count; index++) {
      if (!parsed && !binder.next(row)) parsed = block.rows();
      if (parsed) inserter.insert(parsed[index]!);
      else inserter.insertBound(binder.expressions, row);
      if (inserter.full) await slices.drained(inserter);
      else if (slices.isOver) await slices.next();
    }
  }
}

class Slices {
  private end = performance.now() + SLICE_MS;

  constructor(private readonly ended: AbortSignal) {}

  get isOver(): boolean {
    return performance.now() >= this.end;
  }

  /** Lets rows be written, and the event loop turn. */
  async drained(inserter: Inserter): Promise<void> {
    await inserter.drain();
    this.ended.throwIfAborted();
    if (this.isOver) await this.next();
  }

  /** Lets the event loop turn. */
  async next(): Promise<void> {
    await setImmediate();
    this.ended.throwIfAborted();
    this.end = performance.now() + SLICE_MS;
  }
}
