import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * The file that a module was required from, which another thread can require too.
 * @returns undefined if it was not required, as in a bundle
 */
export function fileOfModule(exports: unknown): string | undefined {
  const { cache } = createRequire(join(process.cwd(), 'index.js'));
  return Object.keys(cache).find((file) => cache[file]?.exports === exports);
}
