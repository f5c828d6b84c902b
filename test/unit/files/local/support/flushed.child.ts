/** Records which paths a restore flushes, and prints what was not flushed when it had to be. */
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { directoriesOf, RESTORE_ID, restore } from './restore-program.js';
import { plantOld } from './trees.js';

type Call = (...given: unknown[]) => Promise<unknown>;

const [base = ''] = process.argv.slice(2);
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
syncBuiltinESMExports();

/** What must be on the disk before a step is taken that counts on it. */
function check(name: string, path: string): void {
  const top = directoriesOf(base).find((directory) => path.startsWith(`${directory.path}/`))?.path ?? '';
  const work = join(top, '.nestjs-backup', RESTORE_ID);
  const need = (...needed: string[]) => {
    checks++;
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
await restore(base, true);
console.log(JSON.stringify({ checks, missing }));
