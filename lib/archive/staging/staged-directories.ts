/**
 * Data directories coming back in: all of them or none, also when the process is killed.
 *
 * A data directory may be a mount point, so it is never renamed itself: its top-level entries are, inside of it. All that
 * is ours stands under the one reserved name at the top, `.nestjs-backup/`, mode 0700:
 *
 *     journal.json         version and id of a restore that is sealed; written once
 *     <restore id>/new     the new content, complete
 *     <restore id>/old-names   the names at the top at the moment of sealing
 *     <restore id>/old     where these move
 *
 * 1. Staging. `prepare` tries out what each filesystem can hold, then files are written into `new`. Killed here, there is
 *    no journal anywhere, the database cannot have committed, and the folder is cleared by the next restore or recovery.
 * 2. Sealing. `new` is flushed to the disk, whatever could not be moved later is refused, the names at the top are written
 *    down, and, when all directories have come that far, each gets its journal. Only then may the database commit.
 * 3. The decision is the database's: committed or not. Not committed: the staging folder goes, nothing else was touched.
 * 4. Committed: (a) each old name moves to `old`; `old-names` is removed. (b) each entry of `new` moves to the top; `new`
 *    is removed. (c) when every directory is there, `old` is removed; (d) when it is in all of them, the database forgets
 *    its decision, since nothing is left that could be rolled back, (e) and the journals go last of all.
 *
 * How far step 4 has come is told by what is still there (`old-names`: a; `new`: b; `old`: c) and not by a phase that
 * would have to be written: on a full disk, a name can still be removed. Before each removal the folders concerned are
 * flushed, so that a power cut cannot reorder the steps. Within (a) and (b) an entry is either still to be moved or has
 * been, so each step can be repeated after a kill, a kill during recovery included. A journal of which `new` is missing
 * although `old-names` is there, or old entries without a journal, are damage: named, and left alone.
 *
 * What the application does meanwhile is not lost:
 * - An entry made at the top after sealing is in no list and stays. Has a new entry the same name, then the application's
 *   moves into `kept-by-restore-<id>/` at the top, where it is seen and backed up; nothing is ever overwritten.
 * - A file written after sealing anywhere inside an old entry goes back to its path before `old` is removed, or into the
 *   same folder when a new file stands there. By what it was written after is told in empty-old.ts; what escapes it: a
 *   file moved in with an older time, and an empty folder.
 */
import { mkdir } from 'node:fs/promises';
import type { RestoreTarget, StagedAttributes } from '../restore-target.js';
import { emptyOld, removeTraces } from './empty-old.js';
import { writeJournal } from './journal.js';
import { KeptList } from './kept-list.js';
import { writeOldNames } from './old-names.js';
import { putInPlace } from './put-in-place.js';
import { clearLeftovers, pendingRestores } from './pending-restores.js';
import { stagingFailed, type TargetDirectory, unfinished, unsuitable } from './staging-errors.js';
import { hasStaging, type StagingLayout, stagingLayout } from './staging-layout.js';
import { StagedTree } from './staged-tree.js';
import { syncFolder, syncTree } from './sync.js';

interface Staged {
  readonly directory: TargetDirectory;
  readonly layout: StagingLayout;
  readonly tree: StagedTree;
}

/** One restore's files in local directories. */
export class StagedDirectories implements RestoreTarget {
  /** What of the application's own was kept aside. */
  readonly kept = new KeptList();
  readonly #staged = new Map<string, Staged>();
  readonly #ours: StagingLayout[] = [];
  #isSealed = false;
  #isDecided = false;

  /** @param replace whether directories may hold something, which is replaced; else they must be empty when sealed */
  constructor(
    private readonly id: string,
    private readonly directories: readonly TargetDirectory[],
    private readonly replace = false,
  ) {}

  /** Makes the staging folders and tries out the filesystems; leaves nothing when it fails. */
  async prepare(): Promise<void> {
    const [pending] = await pendingRestores(this.directories);
    if (pending?.directories[0]) {
      const remedy = 'Start the application, or the restore, again: it is finished or undone first.';
      throw unsuitable(pending.directories[0], 'holds a restore that was cut off', remedy);
    }
    await clearLeftovers(this.directories);
    try {
      for (const directory of this.directories) await this.#open(directory);
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
    await this.#try(name, relative, (tree) => tree.check(relative));
  }

  async addFile(name: string, relative: string, content: AsyncIterable<Buffer> | Buffer, attributes: StagedAttributes) {
    await this.#try(name, relative, (tree) => tree.addFile(relative, content, attributes));
  }

  async addDirectory(name: string, relative: string, attributes: StagedAttributes): Promise<void> {
    await this.#try(name, relative, (tree) => tree.addDirectory(relative, attributes));
  }

  /** The last step before the database commits. After an error nothing was decided: `abandon`. */
  async seal(): Promise<void> {
    await this.#each(({ layout }) => syncTree(layout.fresh));
    await this.#each(async ({ directory, layout }) => {
      await writeOldNames(directory, layout.oldNames, this.replace);
      for (const folder of [layout.work, layout.staging, layout.top]) await syncFolder(folder);
    });
    await this.#each(({ layout }) => writeJournal(layout, this.id));
    this.#isSealed = true;
  }

  /** The database has committed: puts the new entries in place. After an error `finishPending` goes on. */
  async swap(): Promise<void> {
    if (!this.#isSealed) throw new Error('Only what is sealed can be put in place.');
    this.#isDecided = true;
    await this.#forward((layout) => putInPlace(layout, this.kept));
  }

  /**
   * Removes what was replaced, and all traces of the restore.
   * @param forget removes the database's mark, the last thing but for the journals; without them nobody would look for it
   */
  async discardOld(forget: () => Promise<void>): Promise<void> {
    await this.#forward((layout) => emptyOld(layout, this.kept));
    await forget();
    await this.#forward(removeTraces);
  }

  /** Removes the staging folders; once the database has said that it did not commit, or before it was asked to. */
  async abandon(): Promise<void> {
    if (this.#isDecided) throw new Error('A restore that is being put in place cannot be abandoned.');
    for (const layout of this.#ours) await removeTraces(layout);
    this.#ours.length = 0;
    this.#staged.clear();
    this.#isSealed = false;
  }

  async #open(directory: TargetDirectory): Promise<void> {
    const layout = stagingLayout(directory.path, this.id);
    try {
      if (!(await hasStaging(layout.top))) await mkdir(layout.staging, { mode: 0o700 });
      this.#ours.push(layout);
      await mkdir(layout.work, { mode: 0o700 });
      this.#staged.set(directory.name, { directory, layout, tree: await StagedTree.create(directory, layout) });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const remedy = 'Check that it exists, and that this process may write to it.';
      throw unsuitable(directory, `cannot be written to (${code ?? 'unknown error'})`, remedy, error);
    }
  }

  async #try(name: string, relative: string, step: (tree: StagedTree) => Promise<void>): Promise<void> {
    const staged = this.#staged.get(name);
    if (!staged) throw new Error(`"${name}" is not one of the directories of this restore.`);
    try {
      await step(staged.tree);
    } catch (error) {
      throw stagingFailed(staged.directory, relative, error);
    }
  }

  async #each(step: (staged: Staged) => Promise<void>): Promise<void> {
    for (const staged of this.#staged.values()) await this.#try(staged.directory.name, '', () => step(staged));
  }

  async #forward(step: (layout: StagingLayout) => Promise<void>): Promise<void> {
    for (const { directory, layout } of this.#staged.values()) {
      try {
        await step(layout);
      } catch (error) {
        throw unfinished(directory, error);
      }
    }
  }
}
