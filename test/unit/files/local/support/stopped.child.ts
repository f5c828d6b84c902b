/**
 * A restore that is stopped while it lives, or the recovery beside it, with a database that decides once: committed, or
 * ended by whoever recovers. Arguments: a directory, what to do, the number of files. Prints how it ended.
 */
import { existsSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clearLeftovers } from '../../../../../lib/files/local/clear-leftovers.js';
import { pendingRestores } from '../../../../../lib/files/local/journal.js';
import { finishPending } from '../../../../../lib/files/local/pending-restores.js';
import { StagedDirectories } from '../../../../../lib/files/local/staged-directories.js';
import { directoriesOf, RESTORE_ID } from './restore-program.js';
import { newTree, stage } from './trees.js';

const [base = '', what = '', files = '0'] = process.argv.slice(2);
const DATABASE = '00112233aabbccdd';
const identify = async () => DATABASE;
const directories = directoriesOf(base);

/** The first one decides, at once and for good. */
function decide(how: string): string {
  try {
    symlinkSync(how, join(base, 'decision'));
  } catch {
    // It is decided.
  }
  return readlinkSync(join(base, 'decision'));
}

const forget = async () => {
  // All is in place by then, and the restore's folders are still there.
  if (what === 'recover-and-stop') process.kill(process.pid, 'SIGSTOP');
  writeFileSync(join(base, 'forgotten'), '');
};

async function restore(): Promise<void> {
  const staged = new StagedDirectories(RESTORE_ID, directories, true, identify);
  try {
    await staged.prepare();
    for (const { name } of directories) await stage(staged, name, newTree(Number(files)));
    await staged.seal();
    if (decide('committed') !== 'committed') throw new Error('The database has ended this restore.');
  } catch (error) {
    await staged.abandon();
    throw error;
  }
  await staged.swap();
  await staged.discardOld(forget);
}

async function recover(): Promise<void> {
  const isMarked = () => decide('rolled back') === 'committed' && !existsSync(join(base, 'forgotten'));
  for (const pending of await pendingRestores(directories)) await finishPending(pending, isMarked(), forget);
  await clearLeftovers(directories, identify);
}

process.stdout.write('go\n');
try {
  await (what === 'restore' ? restore() : recover());
  process.stdout.write('done\n');
} catch (error) {
  const { code, message } = error as { code?: string; message: string };
  process.stdout.write(`${JSON.stringify({ code, message })}\n`);
}
