import { giveBack, LendingPool } from '../../../lib/support/lent-bytes.js';

const PIECE = 1000;
const content = Buffer.from('content');

describe('Copies that are lent', () => {
  it('use the memory of those that were given back, and of no others', () => {
    const pool = new LendingPool(PIECE, 2);
    const [first, second] = [pool.copy(content), pool.copy(content)];
    giveBack(first);
    const third = pool.copy(Buffer.from('another'));
    expect(third.buffer).toBe(first.buffer);
    expect([second, third].map(String)).toEqual(['content', 'another']);
    // It has been used again; what held it before has no say any more.
    giveBack(first);
    expect(pool.copy(content).buffer).not.toBe(third.buffer);
  });

  it('have memory of just their size while too many have not come back, until some do', () => {
    const pool = new LendingPool(PIECE, 2);
    const lent = [pool.copy(content), pool.copy(content)];
    const own = pool.copy(content);
    expect(lent.map(({ buffer }) => buffer.byteLength)).toEqual([PIECE, PIECE]);
    giveBack(own);
    pool.copy(Buffer.from('another'));
    expect(String(own)).toBe('content');
    giveBack(lent[1]!);
    expect(pool.copy(content).buffer).toBe(lent[1]!.buffer);
  });

  it('keep no more memory than they are told to', () => {
    const pool = new LendingPool(PIECE, 1);
    const pieces = [pool.take(), pool.take()];
    for (const piece of pieces) giveBack(pool.lend(piece, 10));
    expect([pool.take(), pool.take()].map(({ buffer }) => pieces.findIndex((one) => one.buffer === buffer))).toEqual([
      0, -1,
    ]);
  });
});
