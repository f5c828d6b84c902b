import { missing } from './command.mjs';

export function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs ours and each peer in turns, so that what else the machine does meets all of them.
 * @param ours works once. @returns seconds
 * @param peers { name, needs: commands, atMost: target of ours / theirs, run: works once, returns seconds }, perhaps
 *   prepare, which is not timed
 * @returns lines of the table
 */
export async function race(work, rounds, ours, peers) {
  const mine = [];
  const racers = peers.map((peer) => ({ ...peer, remedy: missing(peer.needs), seconds: [] }));
  for (const { remedy, prepare } of racers) if (!remedy) await prepare?.();
  for (let round = 0; round < rounds; round++) {
    mine.push(await ours());
    for (const racer of racers) if (!racer.remedy) racer.seconds.push(await racer.run());
  }
  return racers.map((racer) => compare(work, mine, racer));
}

function compare(work, mine, { name, atMost, remedy, seconds }) {
  const ours = median(mine);
  const line = { work, peer: name, target: `≤ ${atMost}`, ours: `${ours.toFixed(2)} s`, theirs: '–', ratio: '–' };
  if (remedy) return { ...line, peer: `${name}: missing, ${remedy}` };
  const theirs = median(seconds);
  return {
    ...line,
    theirs: `${theirs.toFixed(2)} s`,
    ratio: (ours / theirs).toFixed(2),
    met: ours / theirs <= atMost,
    seconds: { ours: mine, theirs: seconds },
  };
}

/** A line of the table about ours alone. */
export function alone(work, measured, target, met) {
  return { work, peer: '–', ours: measured, theirs: '–', ratio: '–', target, met };
}
