import { open } from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';

type Call = (...given: unknown[]) => Promise<unknown>;

const CHANGES = ['mkdir', 'rename', 'link', 'unlink', 'rmdir', 'open', 'chmod', 'utimes', 'writeFile'];
const READS = ['lstat', 'opendir', 'stat', 'readFile', 'access', 'realpath'];
const OF_HANDLES = ['writeFile', 'chmod', 'utimes', 'sync'];

let left = Number.POSITIVE_INFINITY;

/** From the n-th change on, no file operation happens any more, as after a kill; a write may be cut in half. */
export function dieAtChange(n: number): void {
  left = n;
}

export function isAlive(): boolean {
  return left > 0;
}

export function liveOn(): void {
  left = Number.POSITIVE_INFINITY;
}

class Dead extends Error {}

/** Puts the switch into `node:fs/promises`, for every importer in this process. */
export async function makeMortal(): Promise<void> {
  const fs = createRequire(import.meta.url)('node:fs/promises') as Record<string, Call>;
  const handle = await open('/dev/null');
  const handles = Object.getPrototypeOf(handle) as Record<string, Call>;
  await handle.close();
  for (const name of CHANGES) wrap(fs, name, true);
  for (const name of READS) wrap(fs, name, false);
  for (const name of OF_HANDLES) wrap(handles, name, true);
  syncBuiltinESMExports();
}

function wrap(target: Record<string, Call>, name: string, counts: boolean): void {
  const real = target[name] as Call;
  target[name] = async function (this: unknown, ...given: unknown[]) {
    if (counts && left > 0) left--;
    if (left > 0) return real.apply(this, given);
    const [content] = given;
    if (counts && name === 'writeFile' && left === 0 && (typeof content === 'string' || Buffer.isBuffer(content))) {
      left = -1;
      if (typeof this === 'object' && this !== target) await real.call(this, content.slice(0, content.length / 2));
    }
    throw new Dead('dead');
  };
}
