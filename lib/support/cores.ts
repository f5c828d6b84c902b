import { availableParallelism } from 'node:os';

/**
 * How a backup shares the cores. Its lines are made by one thread, whatever the machine: what is more than keeps that
 * one busy would only cost memory and connections. docs/performance.md has the figures.
 */

/** At level 3, four deflate more than the one thread makes; at higher ones more would help, but each takes up to 17 MB. */
const MOST_DEFLATING = 4;
/** So many processes of a server write the slowest text, that of arrays and vectors, as fast as lines are made of it. */
const MOST_CONNECTIONS = 4;

/**
 * Where threads have their own priorities, the application keeps its share of every core; elsewhere one core is left to
 * it.
 */
export function deflatingThreads(cores = availableParallelism(), platform = process.platform): number {
  return between(1, cores - (platform === 'linux' ? 0 : 1), MOST_DEFLATING);
}

/** The other half deflates and makes the lines; the server may have these cores as well. */
export function readingConnections(cores = availableParallelism()): number {
  return between(1, Math.floor(cores / 2), MOST_CONNECTIONS);
}

function between(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
