import { runOf, waitOf } from '../../../lib/queue/backup-job.js';

describe('A job of the queue', () => {
  const timestamp = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  const data = { destinations: ['vault'], initiator: {} };

  it('is for a moment of its schedule, however late it is', () => {
    const id = `repeat:nestjs-backup-nightly:${Date.UTC(2026, 0, 1)}`;
    const run = { schedule: 'nightly', scheduledAt: '2026-01-01T00:00:00.000Z' };
    expect(runOf({ id, timestamp, data: { ...data, schedule: 'nightly' } })).toEqual(run);
  });

  it('is for itself when somebody asked for it', () => {
    const run = { schedule: 'job-f00d', scheduledAt: '2026-01-02T03:04:05.678Z' };
    expect(runOf({ id: 'f00d', timestamp, data })).toEqual(run);
  });

  it('waits longer each time, whatever attempts it had', () => {
    const waits = [1, 2, 3, 6, 100].map((attemptsStarted) => waitOf({ attemptsStarted, attemptsMade: 0 }));
    expect(waits).toEqual([1_000, 2_000, 4_000, 30_000, 30_000]);
    expect(waitOf({ attemptsStarted: 4, attemptsMade: 3 })).toBe(1_000);
  });
});
