/**
 * Restores data directories in file stores: all of them or none, even when the process is killed. Nothing can be
 * renamed in a store, so a restore only goes forward from the commit. Everything of ours starts with `.nestjs-backup/`:
 *
 *     journal.json         version, id and database of a sealed restore; written last, removed last
 *     <work>/claim         names the process that may take the next step (claim.ts)
 *     <work>/new/…         the new files, complete
 *     <work>/plan.jsonl    what is new, and what existed at the moment of sealing
 *     <work>/placing       exists while files are put in place
 *
 * <work> identifies its owner, as in local directories (restore-owner.ts): nothing of another database is touched.
 *
 * 1. Staging: files are put below `new/`. If the process is killed here, there is no journal, the database cannot have
 *    committed, and the next backup or restore removes them. Nothing that the application sees has changed.
 * 2. Sealing: the plan is written from two listings, of what is staged and of what exists; then the journal.
 * 3. The database makes the decision: committed or not. If not, everything of ours is removed, the journal last.
 * 4. Committed: (a) each new file is copied to its place and then removed from staging; (b) what existed and is not new
 *    is deleted, and then `placing`; (c) the database forgets its decision; (d) everything of ours is removed, the
 *    journal last.
 *
 * Each of these steps can be repeated after a kill: (a) is done for whatever is no longer staged, (b) finds nothing any
 * more. `placing` with a database that knows of no decision is damage, which is reported and left alone.
 *
 * The plan shows what the application writes in the meantime: a new name stays, and what it has written at the place of
 * a new file is first copied below `kept-by-restore-<id>/`. What no archive can hold, or this backup has skipped, stays
 * where it is. Copies and deletions cannot be made conditional, so anything written in the moments between a listing
 * and the step that follows it is lost.
 */
import { directoryInUse } from '../../errors/lock-errors.js';
import { restoreFailed } from '../../errors/restore-errors.js';
import { ConcurrencyLimiter, REQUESTS_AT_A_TIME } from '../concurrency.js';
import type { StoreDirectory } from '../data-directory.js';
import { safeNames } from '../local/filesystem-names.js';
import { type Identify, journalText, refuseCutOff } from '../restore-owner.js';
import {
  PreservedPaths,
  type RestoreTarget,
  type StagedAttributes,
  type StagedContent,
  type UnsavedPaths,
} from '../restore-target.js';
import { stagingFailed } from '../staging-errors.js';
import { Claim } from './claim.js';
import type { FileAttributes } from './file-store.js';
import { JOURNAL, type ObjectLayout, objectLayout, ownAttributes } from './object-layout.js';
import { peek } from './peek.js';
import {
  clearObjects,
  orNotStaged,
  orUnfinished,
  pendingObjects,
  removeStaged,
  withOtherObjects,
} from './pending-objects.js';
import { putStream } from './put-stream.js';
import { deleteOldObjects, type HeldObjects, putObjectsInPlace } from './swap.js';
import { type PlannedSums, writePlan } from './swap-plan.js';

/** Files up to this size are put concurrently, in bytes. */
const SMALL_FILE_BYTES = 1024 * 1024;

/** One restore's files in stores. */
export class StagedObjects implements RestoreTarget {
  readonly kept = new PreservedPaths();
  readonly warnings: readonly string[] = [];
  private layout: ObjectLayout;
  private database: string | undefined;
  private readonly held: HeldObjects[] = [];
  private readonly puts = new ConcurrencyLimiter(REQUESTS_AT_A_TIME);
  private readonly sums = new Map<string, PlannedSums>();
  /** A directory of the archive, as long as nothing is known to be in it. */
  private maybeEmpty: { directory: StoreDirectory; relative: string; attributes: StagedAttributes } | undefined;

  /**
   * @param replace whether stores may have content, which is replaced; otherwise they must be empty when sealed
   * @param identify returns the identity of the database; without it the restore counts as any database's, as in
   *   earlier versions
   * @param unsaved what the backup lacks, by directory
   */
  constructor(
    private readonly id: string,
    private readonly directories: readonly StoreDirectory[],
    private readonly replace = false,
    private readonly identify?: () => Promise<string>,
    private readonly unsaved: ReadonlyMap<string, UnsavedPaths> = new Map(),
  ) {
    this.layout = objectLayout(id);
  }

  async prepare(): Promise<void> {
    if (this.directories.length === 0) return;
    this.database = await this.identify?.();
    this.layout = objectLayout(this.id, this.database);
    const own: Identify = async () => this.database;
    await refuseCutOff(await pendingObjects(this.directories), own);
    await clearObjects(this.directories, own);
    await orNotStaged(this.directories, async (directory) => {
      const claim = await Claim.take(directory, this.layout);
      this.held.push({ directory, layout: this.layout, claim });
    });
    // Only now: if two start at the same time, each sees what the other one has put.
    const [other] = await withOtherObjects(this.directories, own);
    if (other) throw directoryInUse(other.name, other.store.location);
    for (const { name } of this.directories) this.sums.set(name, { files: 0, bytes: 0 });
  }

  async addFile(name: string, relative: string, content: StagedContent, attributes: StagedAttributes) {
    const directory = this.find(name);
    await this.markIfEmpty(directory, relative);
    await this.try(directory, relative, async () => {
      if (Buffer.isBuffer(content)) return this.put(directory, relative, content, attributes);
      const { bytes, whole, rest, close } = await peek(content, SMALL_FILE_BYTES);
      if (whole) return this.put(directory, relative, bytes, attributes);
      const { path, about } = this.place(directory, relative, attributes);
      await putStream(directory.store, path, this.counted(name, rest), about).finally(close);
    });
  }

  async addDirectory(name: string, relative: string, attributes: StagedAttributes): Promise<void> {
    const directory = this.find(name);
    // Nothing is put for a directory with contents, whose name would then not be checked.
    await this.try(directory, relative, async () => void this.place(directory, relative, attributes));
    await this.markIfEmpty(directory, relative);
    this.maybeEmpty = { directory, relative, attributes };
  }

  async seal(): Promise<void> {
    await this.markIfEmpty();
    await this.puts.end();
    for (const directory of this.directories) {
      await this.try(directory, '', async () => {
        const planned = await writePlan(directory, this.layout, this.replace, this.unsaved.get(directory.name));
        const { files, bytes } = this.sums.get(directory.name)!;
        if (planned.files === files && planned.bytes === bytes) return;
        const found = `${planned.files} of ${files} files, ${planned.bytes} of ${bytes} bytes`;
        throw restoreFailed(`"${directory.name}" lists ${found} of what was written to it`);
      });
    }
    for (const directory of this.directories) {
      const text = Buffer.from(journalText({ id: this.id, database: this.database }));
      await this.try(directory, '', () => directory.store.put(JOURNAL, text, ownAttributes(JOURNAL)));
    }
    // After the journal: a process that clears what has no journal removes the claim first, then looks for the journal
    // again.
    for (const { directory, claim } of this.held) await this.try(directory, '', () => claim.read());
  }

  async swap(): Promise<void> {
    await orUnfinished(this.held, (held) => putObjectsInPlace(held, this.kept));
  }

  async discardOld(forget: () => Promise<void>): Promise<void> {
    await orUnfinished(this.held, (held) => deleteOldObjects(held, this.kept));
    await orUnfinished(this.held, ({ claim }) => claim.read());
    await forget();
    await orUnfinished(this.held, ({ directory, layout }) => removeStaged(directory, layout));
  }

  /** What remains where a store does not answer is invisible, and the next backup or restore removes it. */
  async abandon(): Promise<void> {
    await this.puts.settle();
    for (const directory of this.directories) await removeStaged(directory, this.layout).catch(() => {});
  }

  private find(name: string): StoreDirectory {
    const directory = this.directories.find((one) => one.name === name);
    if (directory) return directory;
    throw new Error(`"${name}" is not one of the directories of this restore.`);
  }

  /** A store has no directories: only an empty one gets a marker. The contents of a directory follow it directly. */
  private async markIfEmpty(next?: StoreDirectory, nextRelative = ''): Promise<void> {
    const last = this.maybeEmpty;
    if (!last) return;
    this.maybeEmpty = undefined;
    const { directory, relative, attributes } = last;
    if (next === directory && nextRelative.startsWith(`${relative}/`)) return;
    await this.try(directory, relative, () => this.put(directory, `${relative}/`, Buffer.alloc(0), attributes));
  }

  private async put(
    directory: StoreDirectory,
    relative: string,
    bytes: Buffer,
    attributes: StagedAttributes,
  ): Promise<void> {
    const { path, about } = this.place(directory, relative, attributes);
    const sums = this.sums.get(directory.name)!;
    sums.files++;
    sums.bytes += bytes.length;
    await this.puts.run(() => this.try(directory, relative, () => directory.store.put(path, bytes, about)));
  }

  private async *counted(name: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const sums = this.sums.get(name)!;
    sums.files++;
    for await (const chunk of chunks) {
      sums.bytes += chunk.length;
      yield chunk;
    }
  }

  private place(directory: StoreDirectory, relative: string, attributes: StagedAttributes) {
    safeNames(directory, relative.replace(/\/$/, ''));
    const about: FileAttributes = { ...attributes, path: relative };
    return { path: this.layout.fresh + relative, about };
  }

  private async try(directory: StoreDirectory, relative: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      throw stagingFailed(directory, relative, error);
    }
  }
}
