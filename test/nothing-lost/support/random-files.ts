import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Chance } from '../../fixtures/streams.js';
import { oneOf, randomText, shorten } from './random-values.js';

/** Replaces what is below `root` by up to fifteen files and directories of any name, depth, mode and size. */
export function growTree(root: string, chance: Chance): void {
  for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
  const folders = [root];
  for (let count = chance.between(0, 15); count > 0; count--) {
    const path = join(oneOf(chance, folders), nameOf(chance, count));
    if (chance.between(0, 2) === 0) {
      mkdirSync(path);
      folders.push(path);
      continue;
    }
    const size = oneOf(chance, [0, 1, 100, 4_096, 70_000, chance.between(0, 3) === 0 ? 1_500_000 : 10]);
    writeFileSync(path, oneOf(chance, [() => chance.bytes(size), () => Buffer.alloc(size, 'compresses well')])());
    chmodSync(path, oneOf(chance, [0o600, 0o644, 0o755, 0o400]));
  }
}

/** Every path with its kind, mode and content. */
export function treeOf(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((path) => {
      const stats = statSync(join(root, path));
      const mode = (stats.mode & 0o777).toString(8);
      if (stats.isDirectory()) return `${path}/`;
      return `${path} ${mode} ${createHash('sha1')
        .update(readFileSync(join(root, path)))
        .digest('hex')}`;
    })
    .toSorted();
}

/** What a ZIP can hold exactly: no backslash; `number` makes it the only one of its kind. */
function nameOf(chance: Chance, number: number): string {
  const name = shorten(randomText(chance), 20).replaceAll(/[\\/]|^[a-z]:/gi, '_');
  return `${name}${number}`;
}
