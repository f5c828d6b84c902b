import { missing } from './command.mjs';

export function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs ours and each peer in turns, so that what else the machine does meets all of them.
 * @param ours works once. @returns { seconds, cpu, gc }
 * @param peers { name, needs: commands, atMost: target of ours / theirs, by: `seconds` (or `cpu`) that are compared, run:
 *   works once, returns { seconds, cpu } }, perhaps prepare, which is not timed
 * @returns lines of the table
 */
export async function race(work, rounds, ours, peers) {
  const mine = [];
  const racers = peers.map((peer) => ({ ...peer, remedy: missing(peer.needs), runs: [] }));
  for (const { remedy, prepare } of racers) if (!remedy) await prepare?.();
  for (let round = 0; round < rounds; round++) {
    mine.push(await ours());
    for (const racer of racers) if (!racer.remedy) racer.runs.push(await racer.run());
  }
  return racers.map((racer) => compare(work, mine, racer));
}

function compare(work, mine, { name, atMost, by = 'seconds', remedy, runs }) {
  const middle = (all, key) => median(all.map((run) => run[key]));
  const line = {
    work,
    peer: remedy ? `${name}: missing, ${remedy}` : name,
    ours: shown(middle(mine, 'seconds')),
    cpu: shown(middle(mine, 'cpu')),
    gc: `${(middle(mine, 'gc') * 100).toFixed(0)} %`,
    target: by === 'cpu' ? `≤ ${atMost} of CPU` : `≤ ${atMost}`,
    runs: { ours: mine, theirs: runs },
  };
  if (remedy) return line;
  const value = middle(mine, by) / middle(runs, by);
  return {
    ...line,
    theirs: shown(middle(runs, 'seconds')),
    theirCpu: shown(middle(runs, 'cpu')),
    ratio: value.toFixed(2),
    value,
    met: value <= atMost,
  };
}

const shown = (seconds) => `${seconds.toFixed(2)} s`;

/**
 * A line of the table about ours alone.
 * @param value what another run is compared by. @param moreIsBetter if it is not the less the better
 */
export function alone(work, ours, target, { met, value, moreIsBetter } = {}) {
  return { work, ours, target, met, value, moreIsBetter };
}

/** A line of the table that says why there is nothing in it. */
export const skipped = (work, reason) => alone(work, reason);
