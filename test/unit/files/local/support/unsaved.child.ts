/**
 * A restore of a backup that has skipped something, by a process of another user. Arguments: a data directory called `one`, and
 * the path below it. Prints how it ended.
 */
import { StagedDirectories } from '../../../../../lib/files/local/staged-directories.js';
import { unsavedPaths } from '../../../../../lib/files/restore-target.js';
import { forget, RESTORE_ID, stage } from './trees.js';

const [top = '', skipped = ''] = process.argv.slice(2);
const unsaved = unsavedPaths([{ path: `one/${skipped}` }]);
const staged = new StagedDirectories(RESTORE_ID, [{ name: 'one', path: top }], true, undefined, unsaved);
try {
  await staged.prepare();
  await stage(staged, 'one', { 'new.txt': { content: 'new', mode: 0o644 } });
  await staged.seal();
  await staged.swap();
  await staged.discardOld(forget);
  process.stdout.write('done');
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  process.stdout.write(`${code}: ${message}`);
}
