/** Records which paths a restore flushes, and prints what was not flushed when it had to be. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import type { Worker, WorkerOptions } from 'node:worker_threads';
import { directoriesOf, RESTORE_ID, restore } from './restore-program.js';
import { plantOld } from './trees.js';

type Call = (...given: unknown[]) => Promise<unknown>;

const [base = ''] = process.argv.slice(2);
/** Enough for a thread, which flushes most of them. */
const FILES = 100;
const flushed = new Set<string>();
const pathOf = new WeakMap<object, string>();
const missing: string[] = [];
let checks = 0;

const fs = createRequire(import.meta.url)('node:fs/promises') as Record<string, Call>;
const sample = await open('/dev/null');
const handles = Object.getPrototypeOf(sample) as Record<string, Call>;
await sample.close();

function replace(
  target: Record<string, Call>,
  name: string,
  by: (real: Call, self: object, given: unknown[]) => Promise<unknown>,
) {
  const real = target[name] as Call;
  target[name] = function (this: object, ...given: unknown[]) {
    return by(real, this, given);
  };
}

replace(fs, 'open', async (real, _self, given) => {
  const handle = (await real(...given)) as object;
  pathOf.set(handle, String(given[0]));
  return handle;
});
replace(handles, 'sync', async (real, self, given) => {
  flushed.add(pathOf.get(self) ?? '');
  return real.apply(self, given);
});
replace(handles, 'writeFile', async (real, self, given) => {
  flushed.delete(pathOf.get(self) ?? '');
  return real.apply(self, given);
});
for (const name of ['mkdir', 'rename', 'link', 'unlink', 'rmdir']) {
  replace(fs, name, async (real, _self, given) => {
    const paths = given.slice(0, name === 'rename' || name === 'link' ? 2 : 1).map(String);
    check(name, paths.at(-1) ?? '');
    for (const path of paths) flushed.delete(dirname(path));
    return real(...given);
  });
}

/** Threads have a module of their own, so they note the paths that they flush in a file. */
const flushedByThreads = join(base, 'flushed-by-threads');
writeFileSync(flushedByThreads, '');
const threads = createRequire(import.meta.url)('node:worker_threads') as { Worker: typeof Worker };
threads.Worker = class extends threads.Worker {
  constructor(program: string, options?: WorkerOptions) {
    super(`(${noteFlushes.toString()})(${JSON.stringify(flushedByThreads)}); ${program}`, options);
  }
};
syncBuiltinESMExports();

function noteFlushes(file: string): void {
  const fs = process.getBuiltinModule('node:fs');
  const { openSync, fsyncSync } = { ...fs };
  const paths = new Map<number, string>();
  fs.openSync = (path, ...more) => {
    const opened = openSync(path, ...more);
    paths.set(opened, String(path));
    return opened;
  };
  fs.fsyncSync = (opened) => {
    fsyncSync(opened);
    fs.appendFileSync(file, `${paths.get(opened)}\n`);
  };
}

/** What must be on the disk before a step is taken that counts on it. */
function check(name: string, path: string): void {
  const top = directoriesOf(base).find((directory) => path.startsWith(`${directory.path}/`))?.path ?? '';
  const work = join(top, '.nestjs-backup', RESTORE_ID);
  const need = (...needed: string[]) => {
    checks++;
    for (const path of readFileSync(flushedByThreads, 'utf8').split('\n')) flushed.add(path);
    for (const one of needed) if (!flushed.has(one)) missing.push(`${one} before ${name} ${path}`);
  };
  // Without its mark the database would let the old entries come back.
  if (path === join(base, 'mark')) {
    for (const one of directoriesOf(base)) need(join(one.path, '.nestjs-backup', RESTORE_ID));
  }
  if (name === 'link' && path === join(dirname(work), 'journal.json')) {
    need(top, dirname(work), work, join(work, 'old-names'), join(work, 'journal.json'), ...below(join(work, 'new')));
  }
  if (name === 'unlink' && path === join(work, 'old-names') && existsSync(path)) need(top, join(work, 'old'));
  if (name === 'rmdir' && path === join(work, 'new')) need(top, work);
  if (name === 'unlink' && path.startsWith(`${join(work, 'old')}/`)) need(top, work);
}

function below(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return [path, ...readdirSync(path).flatMap((name) => below(join(path, name)))];
}

for (const { path } of directoriesOf(base)) {
  mkdirSync(path);
  plantOld(path);
}
await restore(base, true, FILES);
const byThreads = readFileSync(flushedByThreads, 'utf8').split('\n').length - 1;
console.log(JSON.stringify({ checks, missing, byThreads }));
