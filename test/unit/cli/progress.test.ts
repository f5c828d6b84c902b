import { jest } from '@jest/globals';
import { Progress } from '../../../lib/cli/progress.js';
import type { Terminal } from '../../../lib/cli/terminal.js';

describe('Progress where there is no terminal', () => {
  const { isTTY } = process.stderr;
  beforeEach(() => {
    process.stderr.isTTY = false;
  });
  afterEach(() => {
    process.stderr.isTTY = isTTY;
    jest.restoreAllMocks();
  });

  it('is a plain line every ten seconds', () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const lines: unknown[] = [];
    const terminal = { quiet: false, message: (line: unknown) => lines.push(line) } as unknown as Terminal;
    const progress = new Progress(terminal, 'Restore', 50e6);
    for (; now <= 25_000; now += 1000) progress.update({ name: 'note', bytes: now * 1000 });
    progress.stop();
    expect(lines).toEqual(['Restore: 11.0 MB, 1.0 MB/s, note', 'Restore: 22.0 MB, 1.0 MB/s, note']);
  });
});
