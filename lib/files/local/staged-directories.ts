/**
 * Data directories coming back in: all of them or none, also when the process is killed.
 *
 * A data directory may be a mount point, so it is never renamed itself: its top-level entries are, inside of it. All that
 * is ours stands under the one reserved name at the top, `.nestjs-backup/`, mode 0700:
 *
 *     journal.json         version, id and database of a restore that is sealed; written once
 *     <work>/new           the new content, complete
 *     <work>/old-names     the names at the top at the moment of sealing
 *     <work>/unsaved       what the archive lacks of what it should hold
 *     <work>/old           where these move
 *     <work>/replaced      what of `old` the system does not let go; nobody needs it
 *     <work>/late-modes    of new folders that only their own mode forbids to move
 *     <work>/aside         what goes to `kept-by-restore-<id>/` next
 *
 * <work> is the restore's own folder. Its name says whose it is (work-name.ts): restores of another database are never
 * touched, and where one is under way nobody else begins. Whoever holds the folder may take the next step (fence.ts).
 *
 * 1. Staging. `prepare` makes the folder and tries out what each filesystem can hold, then files are written into `new`.
 *    Killed here, there is no journal anywhere, the database cannot have committed, and the folder is cleared by the next
 *    restore or recovery of the same database.
 * 2. Sealing. `new` is flushed to the disk, whatever could not be moved later is refused, the names at the top are written
 *    down, and, when all directories have come that far, each gets its journal. Only then may the database commit.
 * 3. The decision is the database's: committed or not. Not committed: the staging folder goes, nothing else was touched.
 * 4. Committed: (a) each old name moves to `old`; `old-names` is removed. (b) each entry of `new` moves to the top; `new`
 *    is removed. (c) when every directory is there, `old` is removed; (d) when it is in all of them, the database forgets
 *    its decision, since nothing is left that could be rolled back, (e) and the restore's folders go, their journals before.
 *
 * How far step 4 has come is told by what is still there (`old-names`: a; `new`: b; `old`: c) and not by a phase that
 * would have to be written: on a full disk, a name can still be removed. Before each removal the folders concerned are
 * flushed, so that a power cut cannot reorder the steps. Within (a) and (b) an entry is either still to be moved or has
 * been, so each step can be repeated after a kill, a kill during recovery included. A journal of which `new` is missing
 * although `old-names` is there, or the whole folder although the database has committed, and old entries without a
 * journal, are damage: named, and left alone. That nothing is there is never taken for done.
 *
 * A process may lose its lock and live on. Whoever recovers its restore renames its folder first. Each step that moves or
 * removes something has one end in that folder, so it fails then, and the process says that another one has taken over.
 *
 * What the application does meanwhile is not lost:
 * - An entry made at the top after sealing is in no list and stays. Has a new entry the same name, then the application's
 *   moves into `kept-by-restore-<id>/` at the top, where it is seen and backed up; nothing is ever overwritten.
 * - A file written after sealing anywhere inside an old entry goes back to its path before `old` is removed, or into the
 *   same folder when a new file stands there. By what it was written after is told in empty-old.ts; what escapes it: a
 *   file moved in with an older time, and an empty folder.
 *
 * What no backup saves is not replaced: links, sockets, pipes, devices, names that no archive can hold, and what this very
 * backup has skipped, with all below it but for what the archive holds. At the top they are in no list; those inside an
 * old entry go back to their paths like files written since.
 */
import { mkdir } from 'node:fs/promises';
import type { RestoreTarget, StagedAttributes } from '../restore-target.js';
import { directoryInUse } from '../../errors/lock-errors.js';
import type { UnsavedPaths } from '../read/unsaved-paths.js';
import { clearLeftovers, withOthers } from './clear-leftovers.js';
import { discardReplaced, removeStagingFolder, removeTraces } from './discard-replaced.js';
import { heldStep, refuseTakenOver } from './fence.js';
import { writeJournal } from './journal.js';
import { PreservedPaths } from './preserved-paths.js';
import { writeReplacedNames } from './replaced-names.js';
import { putInPlace, refuseUnsealed } from './swap.js';
import { pendingRestores } from './pending-restores.js';
import { hasCode, notRemoved, stagingFailed, type TargetDirectory, unfinished, unsuitable } from './staging-errors.js';
import { hasStaging, type StagingLayout, stagingLayout } from './staging-layout.js';
import { StagedTree } from './staged-tree.js';
import { syncFolder } from '../../support/sync-path.js';
import { refuseCutOff } from './cut-off.js';
import { syncTree } from './sync-tree.js';
import { UnsavedList } from './unsaved-list.js';
import { type Identify, workName } from './work-name.js';

interface Staged {
  readonly directory: TargetDirectory;
  readonly layout: StagingLayout;
  readonly tree: StagedTree;
}

/** One restore's files in local directories. */
export class StagedDirectories implements RestoreTarget {
  /** What of the application's own was kept aside. */
  readonly kept = new PreservedPaths();
  readonly warnings: string[] = [];
  private readonly staged = new Map<string, Staged>();
  private readonly ours: StagingLayout[] = [];
  private database: string | undefined;
  private isSealed = false;
  private isDecided = false;

  /**
   * @param replace whether directories may hold something, which is replaced; else they must be empty when sealed
   * @param identify gives the identity of the database; without it the restore is everybody's, as in earlier versions
   * @param unsaved what the backup lacks, by directory
   */
  constructor(
    private readonly id: string,
    private readonly directories: readonly TargetDirectory[],
    private readonly replace = false,
    private readonly identify?: () => Promise<string>,
    private readonly unsaved: ReadonlyMap<string, UnsavedPaths> = new Map(),
  ) {}

  /** Makes the staging folders and tries out the filesystems; leaves nothing when it fails. */
  async prepare(): Promise<void> {
    if (this.directories.length === 0) return;
    this.database = await this.identify?.();
    const own: Identify = async () => this.database;
    await refuseCutOff(await pendingRestores(this.directories), own);
    await clearLeftovers(this.directories, own);
    try {
      for (const directory of this.directories) await this.open(directory);
      // Only now: of two that begin at the same time, each sees the other's folder.
      const [other] = await withOthers(this.directories, own);
      if (other) throw directoryInUse(other.name, other.path);
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  /**
   * Whether the target can hold an entry, before any is written. That two names clash shows only when the second one
   * is added, since no list of them is held.
   */
  async check(name: string, relative: string): Promise<void> {
    await this.try(name, relative, (tree) => tree.check(relative));
  }

  async addFile(name: string, relative: string, content: AsyncIterable<Buffer> | Buffer, attributes: StagedAttributes) {
    await this.try(name, relative, (tree) => tree.addFile(relative, content, attributes));
  }

  async addDirectory(name: string, relative: string, attributes: StagedAttributes): Promise<void> {
    await this.try(name, relative, (tree) => tree.addDirectory(relative, attributes));
  }

  /** The last step before the database commits. After an error nothing was decided: `abandon`. */
  async seal(): Promise<void> {
    await this.each(async ({ layout, tree }) => {
      await tree.finish();
      this.warnings.push(...tree.warnings);
      await syncTree(layout.fresh);
    });
    await this.each(async ({ directory, layout }) => {
      const unsaved = await UnsavedList.write(layout, this.unsaved.get(directory.name) ?? new Set());
      await writeReplacedNames(directory, layout, this.replace, unsaved);
      for (const folder of [layout.work, layout.staging, layout.top]) await syncFolder(folder);
    });
    await this.each(async ({ directory, layout }) => {
      const isWritten = await writeJournal(layout, { id: this.id, database: this.database });
      if (!isWritten) throw directoryInUse(directory.name, directory.path);
    });
    this.isSealed = true;
  }

  /** The database has committed: puts the new entries in place. After an error `finishPending` goes on. */
  async swap(): Promise<void> {
    if (!this.isSealed) throw new Error('Only what is sealed can be put in place.');
    this.isDecided = true;
    await this.forward(refuseUnsealed);
    await this.forward((layout) => putInPlace(layout, this.kept));
  }

  /**
   * Removes what was replaced, and all traces of the restore.
   * @param forget removes the database's mark, the last thing but for the journals; without them nobody would look for it
   */
  async discardOld(forget: () => Promise<void>): Promise<void> {
    await this.forward((layout) => discardReplaced(layout, this.kept));
    for (const { directory, layout } of this.staged.values()) await refuseTakenOver(directory, layout);
    await forget();
    const problems: unknown[] = [];
    for (const { directory, layout } of this.staged.values()) {
      await removeTraces(layout).catch((error: unknown) => problems.push(notRemoved(directory, error)));
    }
    if (problems.length > 0) throw problems[0];
  }

  /** Removes the staging folders; once the database has said that it did not commit, or before it was asked to. */
  async abandon(): Promise<void> {
    if (this.isDecided) throw new Error('A restore that is being put in place cannot be abandoned.');
    for (const layout of this.ours) await removeTraces(layout);
    this.ours.length = 0;
    this.staged.clear();
    this.isSealed = false;
  }

  private async open(directory: TargetDirectory): Promise<void> {
    const work = workName({ id: this.id, database: this.database });
    const layout = stagingLayout(directory.path, this.id, work);
    try {
      await makeWork(layout);
      this.ours.push(layout);
      this.staged.set(directory.name, { directory, layout, tree: await StagedTree.create(directory, layout) });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const remedy = 'Check that it exists, and that this process may write to it.';
      throw unsuitable(directory, `cannot be written to (${code ?? 'unknown error'})`, remedy, error);
    }
  }

  private async try(name: string, relative: string, step: (tree: StagedTree) => Promise<void>): Promise<void> {
    const staged = this.staged.get(name);
    if (!staged) throw new Error(`"${name}" is not one of the directories of this restore.`);
    try {
      await step(staged.tree);
    } catch (error) {
      throw stagingFailed(staged.directory, relative, error);
    }
  }

  private async each(step: (staged: Staged) => Promise<void>): Promise<void> {
    for (const staged of this.staged.values()) await this.try(staged.directory.name, '', () => step(staged));
  }

  private async forward(step: (layout: StagingLayout) => Promise<void>): Promise<void> {
    for (const { directory, layout } of this.staged.values()) {
      try {
        await heldStep(directory, layout, () => step(layout));
      } catch (error) {
        throw unfinished(directory, error);
      }
    }
  }
}

/** Another restore that ends in this moment may take the staging folder away. */
async function makeWork(layout: StagingLayout): Promise<void> {
  for (let tries = 10; ; tries--) {
    if (!(await hasStaging(layout.top))) {
      await mkdir(layout.staging, { mode: 0o700 }).catch((error: unknown) => {
        if (!hasCode(error, 'EEXIST')) throw error;
      });
    }
    try {
      return await mkdir(layout.work, { mode: 0o700 });
    } catch (error) {
      if (hasCode(error, 'ENOENT') && tries > 0) continue;
      await removeStagingFolder(layout).catch(() => {});
      throw error;
    }
  }
}
