import { ByteQueue } from '../../../../../../../lib/database/dialects/mysql/restore/insert/byte-queue.js';
import type { InsertQueue } from '../../../../../../../lib/database/dialects/mysql/restore/insert/insert-queue.js';
import type { RowBytes, ValueKind } from '../../../../../../../lib/database/dialects/mysql/restore/insert/row-bytes.js';
import type { RowWriter } from '../../../../../../../lib/database/dialects/mysql/restore/insert/row-writer.js';

const KINDS: readonly ValueKind[] = ['number'];
const MOST = 4;

/** A server that has executed a statement when it is told so. */
function slowServer(prepares = true) {
  const sent: RowBytes[] = [];
  const literals: string[] = [];
  const executed: Array<() => void> = [];
  const queue = {
    statements: {
      most: MOST,
      take: (available: number) => Math.min(available, MOST),
      insertBytes: async (rows: RowBytes) => {
        if (prepares) sent.push(rows);
        return prepares;
      },
    },
    insert: async (rows: readonly string[]) => void literals.push(...rows),
    send: async (insert: () => Promise<unknown>, onDone: () => void) => {
      await insert();
      executed.push(onDone);
    },
  } as unknown as InsertQueue;
  const writer = { literals: (row: readonly unknown[]) => `(${row.join()})` } as unknown as RowWriter;
  return { bytes: new ByteQueue(queue, writer, KINDS, 10_000, 100), sent, literals, executed };
}

async function add(bytes: ByteQueue, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    bytes.rows.addNumber(number);
    bytes.rows.endRow();
    if (bytes.full) await bytes.send();
  }
}

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);

describe('Rows that are sent as bytes', () => {
  it('are not overwritten before they are executed', async () => {
    const { bytes, sent } = slowServer();
    await add(bytes, numbers(0, 3 * MOST + 1));
    await bytes.flush();
    expect(sent.flatMap((rows) => rows.rows()).flat()).toEqual(numbers(0, 3 * MOST + 1));
  });

  it('use the same memory again afterwards', async () => {
    const { bytes, sent, executed } = slowServer();
    for (let round = 0; round < 10; round++) {
      await add(bytes, numbers(round * MOST, MOST));
      expect(sent.at(-1)!.rows().flat()).toEqual(numbers(round * MOST, MOST));
      for (const done of executed.splice(0)) done();
    }
    expect(new Set(sent).size).toBe(2);
  });

  it('are literals where no statement can be prepared any more', async () => {
    const { bytes, literals } = slowServer(false);
    await add(bytes, [1, -2, 3]);
    await bytes.flush();
    expect(literals).toEqual(['(1)', '(-2)', '(3)']);
  });
});
