/**
 * Data directories in stores of files coming back in: all of them or none, also when the process is killed. A store can
 * rename nothing, so a restore goes forward from the commit. All that is ours begins with `.nestjs-backup/`:
 *
 *     journal.json         version and id of a restore that is sealed; written last, removed last
 *     <restore id>/new/…   the new files, complete
 *     <restore id>/plan.jsonl   what is new, and what was there at the moment of sealing
 *     <restore id>/placing   there while files are put in place
 *
 * 1. Staging: files are put below `new/`. Killed here, there is no journal, the database cannot have committed, and the
 *    next backup or restore clears it. Nothing that the application sees has changed.
 * 2. Sealing: the plan is written from two lists, of what is staged, and of what is there; then the journal.
 * 3. The decision is the database's: committed or not. Not committed: what is ours goes, the journal last.
 * 4. Committed: (a) each new file is copied to its place and then no longer staged; (b) what was there and is not new is
 *    deleted, and then `placing`; (c) the database forgets its decision, (d) and what is ours goes, the journal last.
 *
 * Each of these steps can be repeated after a kill: (a) is done for what is no longer staged, (b) finds nothing any more.
 * `placing` with a database that knows of no decision is damage: named, and left alone.
 *
 * What the application writes meanwhile is told by what the plan says of a place: a new name stays, what it has written at
 * the place of a new file is copied below `kept-by-restore-<id>/` first. There is no condition on a copy or a deletion, so
 * what is written between a list and the step that follows it, moments later, is lost.
 */
import { BackupError } from '../../backup.errors.js';
import type { FileAttributes } from '../../file-store.js';
import type { StoreDirectory } from '../data-directory.js';
import type { RestoreTarget, StagedAttributes } from '../restore-target.js';
import { FewAtATime } from '../staging/few-at-a-time.js';
import { journalText } from '../staging/journal-text.js';
import { KeptList } from '../staging/kept-list.js';
import { stagingFailed, unfinished, unsuitable } from '../staging/staging-errors.js';
import { safeNames } from '../staging/target-names.js';
import { beginning } from './beginning.js';
import { REQUESTS_AT_A_TIME } from './few-requests.js';
import { JOURNAL, objectLayout, type ObjectLayout, ownAttributes } from './object-layout.js';
import { clearObjects, pendingObjects, removeStaging } from './pending-objects.js';
import { type PlannedSums, writePlan } from './plan.js';
import { deleteOldObjects, putObjectsInPlace } from './put-objects-in-place.js';
import { putStream } from './put-stream.js';

/** Files up to this size are put beside each other, in bytes. */
const SMALL_FILE_BYTES = 1024 * 1024;

/** One restore's files in stores. */
export class StagedObjects implements RestoreTarget {
  readonly kept = new KeptList();
  readonly #layout: ObjectLayout;
  readonly #puts = new FewAtATime(REQUESTS_AT_A_TIME);
  readonly #sums = new Map<string, PlannedSums>();
  /** A directory of the archive, as long as nothing is known to lie in it. */
  #maybeEmpty: { directory: StoreDirectory; relative: string; attributes: StagedAttributes } | undefined;

  /** @param replace whether stores may hold something, which is replaced; else they must be empty when sealed */
  constructor(
    private readonly id: string,
    private readonly directories: readonly StoreDirectory[],
    private readonly replace = false,
  ) {
    this.#layout = objectLayout(id);
  }

  async prepare(): Promise<void> {
    const [pending] = await pendingObjects(this.directories);
    if (pending?.directories[0]) {
      const remedy = 'Start the application, or the restore, again: it is finished or undone first.';
      throw unsuitable(pending.directories[0], 'holds a restore that was cut off', remedy);
    }
    await clearObjects(this.directories);
    for (const { name } of this.directories) this.#sums.set(name, { files: 0, bytes: 0 });
  }

  async addFile(name: string, relative: string, content: AsyncIterable<Buffer>, attributes: StagedAttributes) {
    const directory = this.#find(name);
    await this.#markIfEmpty(directory, relative);
    await this.#try(directory, relative, async () => {
      const { bytes, whole, rest, close } = await beginning(content, SMALL_FILE_BYTES);
      if (whole) return this.#put(directory, relative, bytes, attributes);
      const { path, about } = this.#place(directory, relative, attributes);
      await putStream(directory.store, path, this.#counted(name, rest), about).finally(close);
    });
  }

  async addDirectory(name: string, relative: string, attributes: StagedAttributes): Promise<void> {
    const directory = this.#find(name);
    await this.#markIfEmpty(directory, relative);
    this.#maybeEmpty = { directory, relative, attributes };
  }

  async seal(): Promise<void> {
    await this.#markIfEmpty();
    await this.#puts.end();
    for (const directory of this.directories) {
      await this.#try(directory, '', async () => {
        const planned = await writePlan(directory, this.#layout, this.replace);
        const { files, bytes } = this.#sums.get(directory.name)!;
        if (planned.files === files && planned.bytes === bytes) return;
        const found = `${planned.files} of ${files} files, ${planned.bytes} of ${bytes} bytes`;
        throw BackupError.restoreFailed(`"${directory.name}" shows ${found} of what was put into it`);
      });
    }
    for (const directory of this.directories) {
      const text = Buffer.from(journalText(this.id));
      await this.#try(directory, '', () => directory.store.put(JOURNAL, text, ownAttributes(JOURNAL)));
    }
  }

  async swap(): Promise<void> {
    await this.#forward((directory) => putObjectsInPlace(directory, this.#layout, this.kept));
  }

  async discardOld(forget: () => Promise<void>): Promise<void> {
    await this.#forward((directory) => deleteOldObjects(directory, this.#layout, this.kept));
    await forget();
    await this.#forward(removeStaging);
  }

  /** What stays where a store does not answer is seen by nobody, and the next backup or restore clears it. */
  async abandon(): Promise<void> {
    await this.#puts.settle();
    for (const directory of this.directories) await removeStaging(directory).catch(() => {});
  }

  #find(name: string): StoreDirectory {
    const directory = this.directories.find((one) => one.name === name);
    if (directory) return directory;
    throw new Error(`"${name}" is not one of the directories of this restore.`);
  }

  /** A store knows no directories: only one in which nothing lies gets a mark. What lies in it follows it at once. */
  async #markIfEmpty(next?: StoreDirectory, nextRelative = ''): Promise<void> {
    const last = this.#maybeEmpty;
    if (!last) return;
    this.#maybeEmpty = undefined;
    const { directory, relative, attributes } = last;
    if (next === directory && nextRelative.startsWith(`${relative}/`)) return;
    await this.#try(directory, relative, () => this.#put(directory, `${relative}/`, Buffer.alloc(0), attributes));
  }

  async #put(directory: StoreDirectory, relative: string, bytes: Buffer, attributes: StagedAttributes): Promise<void> {
    const { path, about } = this.#place(directory, relative, attributes);
    const sums = this.#sums.get(directory.name)!;
    sums.files++;
    sums.bytes += bytes.length;
    await this.#puts.run(() => this.#try(directory, relative, () => directory.store.put(path, bytes, about)));
  }

  async *#counted(name: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const sums = this.#sums.get(name)!;
    sums.files++;
    for await (const chunk of chunks) {
      sums.bytes += chunk.length;
      yield chunk;
    }
  }

  #place(directory: StoreDirectory, relative: string, attributes: StagedAttributes) {
    safeNames(directory, relative.replace(/\/$/, ''));
    const about: FileAttributes = { ...attributes, path: relative };
    return { path: this.#layout.fresh + relative, about };
  }

  async #try(directory: StoreDirectory, relative: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      throw stagingFailed(directory, relative, error);
    }
  }

  async #forward(step: (directory: StoreDirectory) => Promise<void>): Promise<void> {
    for (const directory of this.directories) {
      try {
        await step(directory);
      } catch (error) {
        throw unfinished({ name: directory.name, path: directory.store.location }, error);
      }
    }
  }
}
