import type { PlannedTable } from '../../../lib/database/table-plan.js';
import { transformLines } from '../../../lib/database/transform-lines.js';
import type { LineBlock } from '../../../lib/jsonl/format.js';
import { LoopWatch } from '../../fixtures/event-loop.js';

const column = { type: 'text', encoding: 'text', nullable: false, generated: false } as const;
const columns = [
  { ...column, name: 'id', encoding: 'integer' as const },
  { ...column, name: '__proto__' },
];
const table = { schema: null, name: 't', columns, primaryKey: ['id'], caveats: [] };
const planned: PlannedTable = { model: 't', entities: [], table, excluded: false };
const line = '{"model":"t","pk":1,"fields":{"__proto__":"a\\u0001\\"\\\\ü"}}\n';

async function* blocks(count: number, rows: number): AsyncGenerator<LineBlock> {
  for (let index = 0; index < count; index++) yield { bytes: Buffer.from(line.repeat(rows)), count: rows };
}

describe('Lines that the host changes', () => {
  it('are the same when it changes nothing, odd names and characters too', async () => {
    for await (const { bytes, count } of transformLines(blocks(1, 3), planned, (_table, row) => row)) {
      expect([count, bytes.toString()]).toEqual([3, line.repeat(3)]);
    }
  });

  it('do not hold the event loop, however fast they come', async () => {
    const watch = new LoopWatch();
    let rows = 0;
    for await (const block of transformLines(blocks(60, 4_000), planned, (_table, row) => row)) rows += block.count;
    expect(rows).toBe(240_000);
    // A timer of 1 ms has had its turn between the blocks, each of which takes longer.
    expect(watch.stop().gaps.length).toBeGreaterThan(40);
  });
});
