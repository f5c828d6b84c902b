import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Chance } from './fixtures/chance.mjs';

/**
 * So many of the test files of each folder, one at least: TEST_SHARE is 0.2 for a fifth. Which ones is chosen by TEST_SEED,
 * else each time anew. @returns what jest takes as `testMatch`
 */
export function shareOfTests(share, seed = Date.now() % 2 ** 31) {
  const chance = new Chance(Number(seed));
  const chosen = [...foldersOf(import.meta.dirname).values()].flatMap((files) => {
    const left = [...files];
    while (left.length > Math.ceil(share * files.length)) left.splice(chance.between(0, left.length - 1), 1);
    return left;
  });
  console.log(`${chosen.length} test files; TEST_SHARE=${share} TEST_SEED=${seed} has the same ones.`);
  return chosen.toSorted();
}

function foldersOf(root) {
  const folders = new Map();
  const files = readdirSync(root, { recursive: true }).filter((file) => file.endsWith('.test.ts'));
  for (const file of files.toSorted()) {
    const folder = folders.get(dirname(file)) ?? [];
    folders.set(dirname(file), [...folder, join(root, file)]);
  }
  return folders;
}
