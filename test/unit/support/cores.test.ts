import { deflatingThreads, readingConnections } from '../../../lib/support/cores.js';

describe('The cores of a machine', () => {
  it.each([
    [1, 1, 1],
    [2, 2, 1],
    [3, 3, 1],
    [4, 4, 2],
    [6, 4, 3],
    [8, 4, 4],
    [128, 4, 4],
  ])('%i are enough for %i deflating threads and %i reading connections', (cores, threads, connections) => {
    expect([deflatingThreads(cores, 'linux'), readingConnections(cores)]).toEqual([threads, connections]);
  });

  it('are shared with the application where threads have no priorities of their own', () => {
    expect([1, 2, 4, 8].map((cores) => deflatingThreads(cores, 'darwin'))).toEqual([1, 1, 3, 4]);
  });
});
