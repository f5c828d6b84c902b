import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { JobProgress } from '../../../lib/queue/job-progress.js';

describe('The progress of a job', () => {
  const at = (rows: number) => ({ phase: 'database' as const, name: 'person', rows, files: 0, bytes: 10 * rows });

  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is told about once a second, and at the end, without names of tables', async () => {
    const told: unknown[] = [];
    const progress = new JobProgress({ updateProgress: async (one) => void told.push(one) });
    let rows = 0;
    for (; rows < 300; await jest.advanceTimersByTimeAsync(5)) progress.report(at(++rows));
    expect(told).toHaveLength(2);
    await progress.last();
    expect(told[0]).toEqual({ phase: 'database', rows: 1, files: 0, bytes: 10 });
    expect(told.at(-1)).toMatchObject({ rows });
    await progress.last();
    expect(told).toHaveLength(3);
  });

  it('waits for no answer, and takes no harm when there is none', async () => {
    let asked = 0;
    const updateProgress = async () => {
      asked++;
      await sleep(50);
      throw new Error('Connection is closed.');
    };
    const progress = new JobProgress({ updateProgress });
    progress.report(at(1));
    progress.report(at(2));
    expect(asked).toBe(1);
    await expect(progress.last()).resolves.toBeUndefined();
  });
});
