/** Stages in a directory that is made to seem case-insensitive and to know no ":" and no device names, as NTFS does. */
import { readdirSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { StagedDirectories } from '../../../../lib/archive/staging/staged-directories.js';
import { MODIFIED } from './trees.js';

const [base = ''] = process.argv.slice(2);
const fs = createRequire(import.meta.url)('node:fs/promises') as Record<string, (...given: unknown[]) => unknown>;
for (const name of ['mkdir', 'open', 'lstat', 'opendir', 'rmdir', 'unlink', 'writeFile', 'chmod', 'utimes']) {
  const real = fs[name] as (...given: unknown[]) => unknown;
  fs[name] = async (path: unknown, ...given: unknown[]) => real(fold(String(path)), ...given);
}
syncBuiltinESMExports();

/** The path as the folder's own spelling has it. */
function fold(path: string): string {
  if (!path.startsWith(`${base}/`)) return path;
  let found = base;
  for (const name of path.slice(base.length + 1).split('/')) {
    if (/:|^aux(\.|$)/i.test(name)) throw Object.assign(new Error('EINVAL'), { code: 'EINVAL' });
    found += `/${siblings(found).find((other) => other.toLowerCase() === name.toLowerCase()) ?? name}`;
  }
  return found;
}

function siblings(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const NAMES = ['Folder/x', 'other/x', 'Folder/y', 'Folder/X', 'folder/z', 'OTHER/', 'other/z'];
const ODD = ['.NESTJS-backup/x', 'aux.txt', 'a/b:c', 'a/b;c'];
const attributes = { mode: 0o644, modified: MODIFIED };
const outcome: Record<string, string> = {};
const staged = new StagedDirectories('0a6ae6a4-2f1c', [{ name: 'one', path: base }], true);
await staged.prepare();
for (const name of [...NAMES, ...ODD]) {
  try {
    if (name.endsWith('/')) await staged.addDirectory('one', name.slice(0, -1), attributes);
    else await staged.addFile('one', name, Buffer.from('x'), attributes);
    outcome[name] = 'added';
  } catch (error) {
    outcome[name] = (error as { code?: string }).code ?? String(error);
  }
}
await staged.abandon();
console.log(JSON.stringify(outcome));
