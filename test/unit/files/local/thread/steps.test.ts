import { readStep, type Step, stepBytes, writeStep } from '../../../../../lib/files/local/thread/steps.js';
import { stagingTargets } from '../support/targets.js';
import { MODIFIED } from '../support/trees.js';

const { restoreOf } = stagingTargets();

describe('Steps of staging', () => {
  it('are read as they were written, one after the other', () => {
    const content = Buffer.from('content');
    const owner = { uid: 2 ** 32 - 2, gid: 1 };
    const steps: Array<[Step, Buffer?]> = [
      [{ kind: 'write', path: '/top/ä/日本.txt', mode: 0o644, modified: -1.5, owner, flush: true }, content],
      [{ kind: 'write', path: '/top/empty', mode: 0, modified: 1_600_000_000.123_456, flush: false }, Buffer.alloc(0)],
      [{ kind: 'describe', path: '/top', mode: 0o3777, modified: 0 }],
      [{ kind: 'flush', path: Buffer.from('/top/ä') }],
    ];
    const bytes = Buffer.from(new SharedArrayBuffer(1000));
    let end = 0;
    for (const [step, given] of steps) {
      const before = end;
      end = writeStep(bytes, before, step, given);
      expect(end - before).toBeLessThanOrEqual(stepBytes(step, given));
    }
    let at = 0;
    for (const [{ kind, path, mode = 0, modified = 0, owner: owned, flush = false }, given] of steps) {
      const { end: next, content: read, ...step } = readStep(bytes, at);
      const { uid, gid } = owned ?? { uid: 0, gid: 0 };
      const isGiven = owned !== undefined;
      expect(step).toEqual({ kind, path: path.toString(), mode, modified, isGiven, uid, gid, isFlushed: flush });
      expect(read.equals(given ?? Buffer.alloc(0))).toBe(true);
      at = next;
    }
    expect(at).toBe(end);
  });

  it('of many files take the same memory again and again', async () => {
    const Shared = globalThis.SharedArrayBuffer;
    let made = 0;
    globalThis.SharedArrayBuffer = class extends Shared {
      constructor(bytes?: number) {
        super(bytes as number);
        made++;
      }
    } as typeof Shared;
    const staged = restoreOf();
    try {
      await staged.prepare();
      const attributes = { mode: 0o644, modified: MODIFIED };
      for (let index = 0; index < 4000; index++) {
        await staged.addFile('one', `d/${index}`, Buffer.alloc(3000), attributes);
      }
    } finally {
      globalThis.SharedArrayBuffer = Shared;
      await staged.abandon();
    }
    expect(made).toBeGreaterThan(0);
    expect(made).toBeLessThanOrEqual(4);
  });
});
