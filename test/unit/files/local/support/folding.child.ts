/** Stages in a directory that is made to seem case-insensitive (test/fixtures/folding-fs.mjs). */
import { StagedDirectories } from '../../../../../lib/files/local/staged-directories.js';
import { MODIFIED } from './trees.js';

const [base = ''] = process.argv.slice(2);
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
