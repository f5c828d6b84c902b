/**
 * Adds a local data directory to an archive while the application keeps working in it.
 *
 * Anything moved from a folder that is yet to be listed into one that is already listed would be in neither list. So
 * once all files have been read, the folders whose times show a change since their listing are listed again, and what
 * is not yet in the archive is added; this repeats until none has changed. In a folder where files are created all the
 * time that may never happen: if everything new there was created after the backup started, nothing that existed before
 * can be missing. Other folders that keep changing are named, and the backup is not complete.
 */
import { lstat, realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArchiveWriter } from '../../archive/archive-writer.js';
import type { LocalDirectory } from '../data-directory.js';
import { addDataDirectory, type DirectoryListener, type DirectoryReport, joinReports } from './add-data-directory.js';
import { ListedDirectories } from './listed-directories.js';
import { openFiles } from './open-files.js';
import { SavedNames } from './saved-names.js';
import { type FoundEntry, type Sieve, walkDirectory } from './walk-directory.js';

const ROUNDS = 5;
/** Longer than the interval between two updates of a kernel's clock. */
const PAUSE_MS = 20;
const NEVER_STILL = 'files were being moved within it or into it throughout the backup: some may be missing';

/** @throws the system's error when the directory itself cannot be read, or what the archive throws */
export async function addLocalDirectory(
  writer: ArchiveWriter,
  directory: LocalDirectory,
  left: ReadonlySet<string>,
  listener?: DirectoryListener,
): Promise<DirectoryReport> {
  const { name } = directory;
  const began = Date.now() - PAUSE_MS;
  const root = await realpath(directory.path);
  const listed = new ListedDirectories(root);
  const add = (found: AsyncIterable<readonly FoundEntry[]>) =>
    addDataDirectory(writer, name, openFiles(found), listener);
  const report = await add(walkDirectory(root, { left, listed }));

  let explained: ReadonlySet<string> = new Set();
  for (let round = 0; ; round++) {
    if (listed.hasUncertain) await sleep(PAUSE_MS);
    const changed = await listed.takeChanged();
    if (changed.length === 0) return report;
    if (round === ROUNDS) {
      const restless = changed.filter((relative) => !explained.has(relative));
      return joinReports(report, {
        count: 0,
        bytes: 0,
        skipped: restless.map((relative) => ({ path: fullName(name, relative), reason: NEVER_STILL })),
        warnings: [],
      });
    }
    const sift = await NewEntries.since(began, writer, name, changed);
    joinReports(report, await add(walkDirectory(root, { left, listed, sift }, changed)));
    explained = sift.explained;
  }
}

/** What a second walk finds that is not in the archive. */
class NewEntries implements Sieve {
  /** Folders with something new, all of which was created after the backup started. */
  readonly explained = new Set<string>();
  private readonly movedInto = new Set<string>();

  private constructor(
    private readonly began: number,
    private readonly name: string,
    private readonly saved: SavedNames,
  ) {}

  static async since(began: number, writer: ArchiveWriter, name: string, folders: readonly string[]) {
    const names = new Set(folders.map((relative) => fullName(name, relative)));
    return new NewEntries(began, name, await SavedNames.of(() => writer.entryNames(), names));
  }

  hasDirectory(relative: string): boolean {
    return this.saved.kindOf(fullName(this.name, relative)) === 'directory';
  }

  async sift(found: FoundEntry, folder: string): Promise<FoundEntry | undefined> {
    if (found.kind !== 'file' && found.kind !== 'directory') return found;
    const saved = this.saved.kindOf(fullName(this.name, found.relative));
    if (saved === found.kind) return undefined;
    const isNew = await this.wasMadeSince(found, folder);
    if (saved === undefined) return found;
    // An archive holds one of the two, and what was created later need not be in it.
    if (isNew) return undefined;
    return { ...found, kind: 'unreadable', reason: `it was a ${saved} when it was saved, and is now a ${found.kind}` };
  }

  private async wasMadeSince({ path }: FoundEntry, folder: string): Promise<boolean> {
    const made = await lstat(path).then(
      ({ birthtimeMs }) => birthtimeMs,
      () => 0,
    );
    const isNew = made >= this.began;
    if (!isNew) this.movedInto.add(folder);
    if (this.movedInto.has(folder)) this.explained.delete(folder);
    else this.explained.add(folder);
    return isNew;
  }
}

function fullName(name: string, relative: string): string {
  return relative === '' ? name : `${name}/${relative}`;
}
