import { setImmediate } from 'node:timers/promises';
import type { RowBatch } from '../../../../jsonl/format.js';
import { abortable } from '../../abortable.js';
import type { Inserter } from './inserter.js';

/** The driver works in this thread; it yields to the event loop after this many milliseconds. */
const SLICE_MS = 5;

/** @param ended stops loading immediately, with its reason */
export async function loadRows(
  inserter: Inserter,
  batches: AsyncIterable<RowBatch>,
  ended: AbortSignal,
): Promise<void> {
  let sliceEnd = performance.now() + SLICE_MS;
  for await (const batch of abortable(batches, ended)) {
    for (const row of batch) {
      inserter.insert(row);
      if (performance.now() < sliceEnd) continue;
      await setImmediate();
      ended.throwIfAborted();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
}
