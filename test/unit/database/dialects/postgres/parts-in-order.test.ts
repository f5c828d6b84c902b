import { setImmediate } from 'node:timers/promises';
import type { PgClient } from '../../../../../lib/database/dialects/postgres/connection.js';
import { PartsInOrder } from '../../../../../lib/database/dialects/postgres/readers/parts-in-order.js';
import type { LineReader } from '../../../../../lib/database/dialects/postgres/rows.js';
import { type Chance, sampled } from '../../../../fixtures/streams.js';

const AHEAD = 1000;
const COUNT = 60;
const parts = { count: COUNT, condition: (part: number) => String(part) };
const nobody = {} as PgClient;

/** Reads that end in any order. */
function makeReader(chance: Chance) {
  const state = { held: 0, most: 0, taken: new Set<number>() };
  const read: LineReader = async function* (_client, part) {
    state.taken.add(Number(part!.condition));
    for (let block = 0; block < 3; block++) {
      for (let wait = chance.between(0, 6); wait > 0; wait--) await setImmediate();
      if (chance.between(0, 9) === 0) await part!.turn();
      const bytes = Buffer.alloc(chance.between(1, 200), `${part!.condition}.${block};`);
      state.held += bytes.length;
      state.most = Math.max(state.most, state.held);
      yield { bytes, count: 1 };
    }
  };
  return { read, state };
}

describe('Parts that eight connections read', () => {
  it('come in order and complete, and no more of them is held than may be', () =>
    sampled(20, async (chance) => {
      const inOrder = new PartsInOrder(parts, AHEAD);
      const { read, state } = makeReader(chance);
      const readers = Array.from({ length: 8 }, () => inOrder.readOver(nobody, read));
      const found: string[] = [];
      for await (const { bytes } of inOrder.blocks()) {
        state.held -= bytes.length;
        found.push(bytes.toString().split(';')[0]!);
        for (let wait = chance.between(0, 3); wait > 0; wait--) await setImmediate();
      }
      await Promise.all(readers);
      expect(found).toHaveLength(COUNT * 3);
      expect(found.every((name, at) => `${Math.floor(at / 3)}.${at % 3}`.startsWith(name))).toBe(true);
      // Each of the eight may be in the middle of a block when the others have filled the space.
      expect(state.most).toBeLessThan(AHEAD + 8 * 200);
    }));

  it('are not taken while enough of others is held, however long their consumer takes', () =>
    sampled(5, async (chance) => {
      const inOrder = new PartsInOrder(parts, AHEAD);
      const { read, state } = makeReader(chance);
      const readers = Array.from({ length: 8 }, () => inOrder.readOver(nobody, read));
      const blocks = inOrder.blocks();
      await blocks.next();
      for (let turn = 0; turn < 500; turn++) await setImmediate();
      expect(state.taken.size).toBeLessThan(COUNT);
      expect(state.most).toBeLessThan(AHEAD + 8 * 200);
      inOrder.fail(new Error('enough'));
      await Promise.all(readers);
    }));

  it('fail at once with any of their connections', async () => {
    const inOrder = new PartsInOrder(parts, AHEAD);
    const failing: LineReader = async function* () {
      await setImmediate();
      yield* [];
      throw new Error('lost');
    };
    const waiting: LineReader = async function* (_client, part) {
      yield { bytes: Buffer.from('x'), count: 1 };
      if (part!.condition !== '0') await part!.turn();
      else await new Promise(() => {});
    };
    void inOrder.readOver(nobody, waiting);
    void inOrder.readOver(nobody, failing);
    const blocks = inOrder.blocks();
    await blocks.next();
    await expect(blocks.next()).rejects.toThrow('lost');
  });
});
