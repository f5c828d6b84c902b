import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

export default async function globalTeardown() {
  await globalThis.__testPostgres?.stop();
  printFigures(process.env.TEST_FIGURES);
}

/** What suites have left of a long run: scenarios, repetitions, seconds, and how they ended. */
function printFigures(file) {
  if (!file || !existsSync(file)) return;
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  rmSync(dirname(file), { recursive: true });
  const all = lines.map((line) => JSON.parse(line)).toSorted((one, other) => (one.suite < other.suite ? -1 : 1));
  if (all.length > 0) console.table(Object.fromEntries(all.map(({ suite, ...figures }) => [suite, figures])));
}
