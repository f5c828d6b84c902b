import { jest } from '@jest/globals';
import { Progress, stateOf } from '../../../../lib/cli/output/progress.js';
import type { Terminal } from '../../../../lib/cli/output/terminal.js';

describe('Progress where there is no terminal', () => {
  const { isTTY } = process.stderr;
  let lines: unknown[];
  const terminal = (quiet = false) => ({ quiet, message: (line: unknown) => lines.push(line) }) as unknown as Terminal;
  beforeEach(() => {
    process.stderr.isTTY = false;
    lines = [];
    jest.useFakeTimers();
  });
  afterEach(() => {
    process.stderr.isTTY = isTTY;
    jest.useRealTimers();
  });

  /** A megabyte a second. */
  function work(progress: Progress, seconds: number, total: number | null): void {
    const start = performance.now();
    for (let second = 1; second <= seconds; second++) {
      jest.advanceTimersByTime(1000);
      progress.update({ name: 'note', work: { done: (performance.now() - start) * 1000, total } });
    }
  }

  it('is a plain line every ten seconds, with percentage, rate and time left', () => {
    const progress = new Progress(terminal(), 'Restore');
    work(progress, 25, 50e6);
    progress.stop();
    jest.advanceTimersByTime(60_000);
    expect(lines).toEqual([
      'Restore: 18%, 9 MB of 50 MB, 900 kB/s, 46 s left, note',
      'Restore: 38%, 19 MB of 50 MB, 950 kB/s, 33 s left, note',
    ]);
  });

  it('goes on while nothing is told of', () => {
    const progress = new Progress(terminal(), 'Restore', { every: 500 });
    progress.update({ name: 'note', work: { done: 10, total: 1000 } });
    jest.advanceTimersByTime(1500);
    progress.stop();
    expect(lines).toHaveLength(3);
  });

  it('has no percentage while the total is not known', () => {
    const progress = new Progress(terminal(), 'Backup');
    work(progress, 11, null);
    progress.stop();
    expect(lines).toEqual(['Backup: 9 MB, 900 kB/s, note']);
  });

  it('never goes back, nor says that all is done before it is', () => {
    const progress = new Progress(terminal(), 'Backup', { every: 100 });
    for (const total of [20, 100, 10]) {
      progress.update({ name: '', work: { done: 10, total } });
      jest.advanceTimersByTime(100);
    }
    progress.stop();
    expect(lines.map((line) => /\d+%/.exec(String(line))![0])).toEqual(['50%', '50%', '99%']);
  });

  it('counts in other units than bytes', () => {
    const progress = new Progress(terminal(), 'Pruning vault', { unit: 'backup', every: 1000 });
    progress.update({ name: 'deleting x', work: { done: 3, total: 12 } });
    jest.advanceTimersByTime(1000);
    progress.stop();
    expect(lines).toEqual(['Pruning vault: 25%, 3 of 12 backups, 3.0 s left, deleting x']);
  });

  it('is nothing when quiet', () => {
    const progress = new Progress(terminal(true), 'Restore');
    work(progress, 25, 50e6);
    progress.stop();
    expect(lines).toEqual([]);
  });
});

describe('What is shown of a run', () => {
  const run = { name: 'note', rows: 1200, files: 2, bytes: 5, work: { done: 1, total: 2 } };
  const total = { rows: 60_003, files: 3, bytes: 9 };

  it.each([
    ['rows while the database is read', 'database', total, { name: 'note', detail: '1,200 of 60,003 rows' }],
    ['files while files are', 'files', total, { name: 'note', detail: '2 of 3 files' }],
    ['no total where none is known', 'files', null, { name: 'note', detail: '2 files' }],
    ['that it compares', 'comparison', total, { name: 'comparing note', detail: undefined }],
    ['that it plans', 'plan', total, { name: 'planning note', detail: undefined }],
  ] as const)('is %s', (_, phase, total, shown) => {
    expect(stateOf({ ...run, phase, total })).toEqual({ ...shown, work: run.work });
  });
});
