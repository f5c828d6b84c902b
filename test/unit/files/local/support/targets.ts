import { StagedDirectories } from '../../../../../lib/files/local/staged-directories.js';
import { temporaryDirectory } from '../../../../fixtures/files.js';
import { RESTORE_ID } from './restore-program.js';
import { MODIFIED, newTree, stage } from './trees.js';

export const attributes = { mode: 0o644, modified: MODIFIED };

/** Two data directories, and a directory outside of them, new for each test of a file. */
export function stagingTargets() {
  const target = temporaryDirectory();
  const second = temporaryDirectory();
  const outside = temporaryDirectory();
  const one = () => ({ name: 'one', path: target.path });
  const both = () => [one(), { name: 'two', path: second.path }];
  const restoreOf = (replace = true) => new StagedDirectories(RESTORE_ID, [one()], replace);
  const restoreOfBoth = () => new StagedDirectories(RESTORE_ID, both(), true);

  async function sealed(tree = newTree()): Promise<StagedDirectories> {
    const staged = restoreOf();
    await staged.prepare();
    await stage(staged, 'one', tree);
    await staged.seal();
    return staged;
  }

  return { target, second, outside, one, both, restoreOf, restoreOfBoth, sealed };
}
