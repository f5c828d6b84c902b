/**
 * Restores data directories: all of them or none, even when the process is killed.
 *
 * A data directory may be a mount point, so it is never renamed itself; its top-level entries are, within it.
 * Everything of ours is under one reserved top-level name, `.nestjs-backup/`, mode 0700:
 *
 *     journal.json         version, id and database of a sealed restore; written once
 *     <work>/new           the new content, complete
 *     <work>/old-names     the top-level names at the moment of sealing
 *     <work>/unsaved       what the archive lacks of what it should hold
 *     <work>/old           where the old names are moved
 *     <work>/replaced      what the system refuses to remove from `old`; no longer needed
 *     <work>/late-modes    modes of new folders that could not be moved with those modes
 *     <work>/aside         what moves to `kept-by-restore-<id>/` next
 *
 * <work> is the restore's own folder. Its name identifies its owner (restore-owner.ts): restores of another database are
 * never touched, and no other restore starts where one is running. The process that holds the folder may take the next
 * step (staging-folder.ts).
 *
 * 1. Staging. `prepare` creates the folder and probes what each filesystem can hold, then files are written into `new`.
 *    If the process is killed here, there is no journal anywhere, the database cannot have committed, and the folder is
 *    removed by the next restore or recovery of the same database.
 * 2. Sealing. `new` is flushed to disk, anything that could not be moved later is refused, the top-level names are
 *    recorded and, when all directories have come this far, each gets its journal. Only then may the database commit.
 * 3. The database makes the decision: committed or not. If not, the staging folder is removed; nothing else was
 *    touched.
 * 4. Committed: (a) each old name moves to `old`; `old-names` is removed. (b) Each entry of `new` moves to the top;
 *    `new` is removed. (c) When every directory has got there, `old` is removed. (d) When it is removed in all of them,
 *    the database forgets its decision, since nothing is left that could be rolled back. (e) The restore's folders are
 *    removed, their journals first.
 *
 * The progress of step 4 is derived from what still exists (`old-names`: a; `new`: b; `old`: c) rather than from a
 * recorded phase: on a full disk, a name can still be removed. Before each removal the folders concerned are flushed,
 * so that a power cut cannot reorder the steps. Within (a) and (b) an entry either has been moved or is still to be
 * moved, so each step can be repeated after a kill, including a kill during recovery. The following are damage, which
 * is reported and left alone: a journal whose `new` is missing although `old-names` exists, a journal whose whole
 * folder is missing although the database has committed, and old entries without a journal. Absence is never taken for
 * completion.
 *
 * A process may lose its lock and live on. The process that recovers its restore renames its folder first. Each step
 * that moves or removes something has one end in that folder, so it fails from then on, and the process reports that
 * another one has taken over.
 *
 * What the application does in the meantime is not lost:
 * - A top-level entry created after sealing is in no list and stays. If a new entry has the same name, the
 *   application's moves into `kept-by-restore-<id>/` at the top, where it is visible and backed up; nothing is ever
 *   overwritten.
 * - A file written after sealing anywhere inside an old entry moves back to its path before `old` is removed, or into
 *   that same kept folder when a new file is there. discard-replaced.ts decides what was written after sealing; it
 *   misses a file moved in with an older time, and an empty folder.
 *
 * What no backup saves is not replaced: links, sockets, pipes, devices, names that no archive can hold, and what this
 * very backup has skipped, with everything below it except what the archive holds. At the top these are in no list;
 * those inside an old entry move back to their paths like files written later.
 */
import { directoryInUse } from '../../errors/lock-errors.js';
import { syncFolder } from '../../support/sync-path.js';
import { type Identify, refuseCutOff, workName } from '../restore-owner.js';
import {
  PreservedPaths,
  type RestoreTarget,
  type StagedAttributes,
  type StagedContent,
  type UnsavedPaths,
} from '../restore-target.js';
import { notRemoved, stagingFailed, type TargetDirectory, unfinished, unsuitable } from '../staging-errors.js';
import { clearLeftovers, withOthers } from './clear-leftovers.js';
import { discardReplaced, removeTraces } from './discard-replaced.js';
import { syncTree } from './folders.js';
import { pendingRestores, writeJournal } from './journal.js';
import { UnsavedList, writeReplacedNames } from './sealed-lists.js';
import { StagedTree } from './staged-tree.js';
import { heldStep, makeWork, refuseTakenOver, type StagingLayout, stagingLayout } from './staging-folder.js';
import { putInPlace, refuseUnsealed } from './swap.js';
import { StagingThread } from './thread/staging-thread.js';

const FLUSHING_THREADS = 4;

interface Staged {
  readonly directory: TargetDirectory;
  readonly layout: StagingLayout;
  readonly tree: StagedTree;
}

/** One restore's files in local directories. */
export class StagedDirectories implements RestoreTarget {
  /** What was kept aside of the application's own files. */
  readonly kept = new PreservedPaths();
  readonly warnings: string[] = [];
  private readonly staged = new Map<string, Staged>();
  private readonly ours: StagingLayout[] = [];
  private database: string | undefined;
  /** The first one writes; the others help to flush. */
  private threads = [new StagingThread()];
  private isSealed = false;
  private isDecided = false;

  /**
   * @param replace whether directories may have content, which is replaced; otherwise they must be empty when sealed
   * @param identify returns the identity of the database; without it the restore counts as any database's, as in
   *   earlier versions
   * @param unsaved what the backup lacks, by directory
   */
  constructor(
    private readonly id: string,
    private readonly directories: readonly TargetDirectory[],
    private readonly replace = false,
    private readonly identify?: () => Promise<string>,
    private readonly unsaved: ReadonlyMap<string, UnsavedPaths> = new Map(),
  ) {}

  /** Creates the staging folders and probes the filesystems; leaves nothing behind when it fails. */
  async prepare(): Promise<void> {
    if (this.directories.length === 0) return;
    this.database = await this.identify?.();
    const own: Identify = async () => this.database;
    await refuseCutOff(await pendingRestores(this.directories), own);
    await clearLeftovers(this.directories, own);
    try {
      for (const directory of this.directories) await this.open(directory);
      // Only now: if two start at the same time, each sees the other's folder.
      const [other] = await withOthers(this.directories, own);
      if (other) throw directoryInUse(other.name, other.path);
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  /**
   * Whether the target can hold an entry, before any is written. Clashing names show only when the second one is added,
   * since no list of them is held.
   */
  async check(name: string, relative: string): Promise<void> {
    await this.try(name, relative, (tree) => tree.check(relative));
  }

  async addFile(name: string, relative: string, content: StagedContent, attributes: StagedAttributes) {
    await this.try(name, relative, (tree) => tree.addFile(relative, content, attributes));
  }

  async addDirectory(name: string, relative: string, attributes: StagedAttributes): Promise<void> {
    await this.try(name, relative, (tree) => tree.addDirectory(relative, attributes));
  }

  /** The last step before the database commits. After an error nothing has been decided: call `abandon`. */
  async seal(): Promise<void> {
    while (this.threads[0]!.isRunning && this.threads.length < FLUSHING_THREADS) {
      this.threads.push(new StagingThread().start());
    }
    await this.each(async ({ layout, tree }) => {
      await tree.finish();
      this.warnings.push(...tree.warnings);
      await syncTree(layout.fresh, this.threads);
    });
    await this.endThreads();
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

  /** The database has committed: puts the new entries in place. After an error `finishPending` continues. */
  async swap(): Promise<void> {
    if (!this.isSealed) throw new Error('Only a sealed restore can be put in place.');
    this.isDecided = true;
    await this.forward(refuseUnsealed);
    await this.forward((layout) => putInPlace(layout, this.kept));
  }

  /**
   * Removes what was replaced, and all traces of the restore.
   * @param forget removes the database's mark, last of all but the journals; without those it would never be looked for
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

  /** Removes the staging folders, once the database has said that it did not commit, or before it was asked to. */
  async abandon(): Promise<void> {
    if (this.isDecided) throw new Error('A restore that is being put in place cannot be abandoned.');
    // Otherwise one might still write.
    await this.endThreads();
    this.threads = [new StagingThread()];
    for (const layout of this.ours) await removeTraces(layout);
    this.ours.length = 0;
    this.staged.clear();
    this.isSealed = false;
  }

  private async endThreads(): Promise<void> {
    for (const thread of this.threads) await thread.close();
  }

  private async open(directory: TargetDirectory): Promise<void> {
    const work = workName({ id: this.id, database: this.database });
    const layout = stagingLayout(directory.path, this.id, work);
    try {
      await makeWork(layout);
      this.ours.push(layout);
      this.staged.set(directory.name, {
        directory,
        layout,
        tree: await StagedTree.create(directory, layout, this.threads[0]!),
      });
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
