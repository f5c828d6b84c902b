import { readFileSync, writeFileSync } from 'node:fs';
import { compareRuns, otherSizes } from './compare.mjs';
import { plot } from './plot.mjs';
import { changeTable, resultTable } from './table.mjs';

/** A run to compare with. @throws if it was one of other sizes */
export function savedRun(file, sizes) {
  const saved = JSON.parse(readFileSync(file, 'utf8'));
  const others = otherSizes(saved.sizes, sizes).map((name) => `${name} ${saved.sizes[name]}`);
  if (others.length > 0) throw new Error(`${file} cannot be compared, it measured other sizes: ${others.join(', ')}.`);
  return saved;
}

/**
 * Prints a run and saves it.
 * @param before the run to compare with, if any. @returns whether a row lost since then
 */
export function report(run, before, { json, plot: picture }) {
  console.log(`\n${resultTable(run.lines)}\n`);
  console.log(
    Object.entries(run.machine)
      .map(([name, value]) => `${name}: ${value}`)
      .join(' · '),
  );
  console.log(`Sizes: ${JSON.stringify(run.sizes)}.`);
  writeFileSync(json, `${JSON.stringify(run, null, 2)}\n`);
  if (run.points.length > 0) writeFileSync(picture, plot(run.points));
  if (!before) return false;
  const changes = compareRuns(before, run);
  if (changes.every(({ change }) => change === undefined)) {
    throw new Error('No row of the saved run was measured again.');
  }
  console.log(`\n${changeTable(changes)}\n`);
  return changes.some(({ lost }) => lost);
}
