/**
 * Ends a restore before each of its file operations, the recovery after it likewise, and looks at what is left after a
 * last recovery. Arguments: a directory, whether the restore commits, "all" or a seed for every third operation and one
 * death of each other recovery.
 */
import { chmodSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { picture } from '../../../../fixtures/picture.js';
import { dieAtChange, isAlive, liveOn, makeMortal } from './mortal-fs.js';
import { directoriesOf, isCommitted, recover, restore } from './restore-program.js';
import { newTree, pictureOver, plantOld } from './trees.js';

const [base = '', commits = '', which = ''] = process.argv.slice(2);
const isSample = which !== 'all';
let seed = Number(which);
const failures: string[] = [];
let points = 0;
let outlived = false;

function random(limit: number): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
  return 1 + (seed % limit);
}

/** @returns false when it died */
async function until(n: number, run: () => Promise<unknown>): Promise<boolean> {
  dieAtChange(n);
  try {
    await run();
    return isAlive();
  } catch (error) {
    if (isAlive()) throw error;
    return false;
  } finally {
    liveOn();
  }
}

function begin(): void {
  for (const name of ['committed', 'mark']) rmSync(join(base, name), { force: true });
  for (const { path } of directoriesOf(base)) {
    for (const folder of ['read-only/inside', 'read-only']) {
      if (existsSync(join(path, folder))) chmodSync(join(path, folder), 0o755);
    }
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    plantOld(path);
  }
}

async function trial(n: number, deaths: number[]): Promise<boolean> {
  begin();
  points++;
  const label = `restore ended at ${n}, recovery at ${deaths.join(', ')}`;
  let ended = false;
  try {
    ended = await until(n, () => restore(base, commits === 'commits', 0, isAlive));
    for (const death of deaths) outlived = await until(death, () => recover(base));
    await recover(base);
  } catch (error) {
    failures.push(`${label}: ${(error as Error).stack}`);
    return ended;
  }
  const expected = isCommitted(base) ? fresh : old;
  for (const { name, path } of directoriesOf(base)) {
    if (picture(path) !== expected) failures.push(`${label}: "${name}" is neither old nor new:\n${picture(path)}`);
  }
  if (existsSync(join(base, 'mark'))) failures.push(`${label}: the database's mark has stayed`);
  return ended;
}

mkdirSync(join(base, 'expected'));
begin();
const fresh = pictureOver(newTree(), join(base, 'expected'), join(base, 'one'));
const old = picture(join(base, 'one'));
await makeMortal();
const [first, step] = isSample ? [random(3), 3] : [1, 1];
for (let n = first, ended = false; !ended && failures.length < 3; n += step) {
  ended = await trial(n, []);
  if (isSample && n % 2 === 0) await trial(n, [random(60), random(40)]);
  for (let m = 1; !isSample && !ended && failures.length < 3; m++) {
    await trial(n, [m]);
    if (outlived) break;
  }
}
begin();
console.log(JSON.stringify({ points, failures: failures.slice(0, 3) }));
