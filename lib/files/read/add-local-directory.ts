/**
 * Adds a local data directory to an archive while the application keeps working in it.
 *
 * Anything moved from a folder that is yet to be listed into one that is already listed would be in neither list. So
 * once all files have been read, the folders whose times show a change since their listing are listed again, and what
 * is not yet in the archive is added; this repeats until none has changed. In a folder where files are created all the
 * time that may never happen: if everything new there was created after the backup started, nothing that existed before
 * can be missing. Other folders that keep changing are named, and the backup is not complete.
 */
import type { Stats } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ArchiveWriter } from '../../archive/archive-writer.js';
import type { LocalDirectory } from '../data-directory.js';
import { isRecent } from '../file-check.js';
import { addDataDirectory, type DirectoryListener } from './add-data-directory.js';
import { type DirectoryReport, joinReports } from './directory-report.js';
import { fullName, NewEntries } from './new-entries.js';
import { openFiles } from './open-files.js';
import { type FoundEntry, walkDirectory } from './walk-directory.js';

const ROUNDS = 5;
/** Longer than the interval between two updates of a kernel's clock. */
const PAUSE_MS = 20;
const NEVER_STILL = 'files were being moved within it or into it throughout the backup: some may be missing';
const LOOKS_AT_A_TIME = 3;
/** Marks a directory that was changed too recently before it was listed for its times to be conclusive. */
const UNCERTAIN = -1;
const GONE = -2;

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
    addDataDirectory(writer, name, openFiles(found, writer.digestsFiles), listener);
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

/**
 * The directories of a walk, each with its times from before it was listed (20 bytes plus its path): anything moved
 * into or out of one since then has changed them.
 */
class ListedDirectories {
  /** Whether some were changed so shortly before they were listed that they count as changed since then. */
  hasUncertain = false;
  private count = 0;
  private names = Buffer.allocUnsafe(4096);
  private ends = new Uint32Array(64);
  private times = new Float64Array(128);

  constructor(private readonly root: string) {}

  add(relative: string, stats: Stats): void {
    const name = Buffer.from(relative);
    const start = this.startOf(this.count);
    this.makeRoom(start + name.length);
    name.copy(this.names, start);
    this.ends[this.count] = start + name.length;
    const isUncertain = isRecent(stats, Date.now());
    this.hasUncertain ||= isUncertain;
    this.times[2 * this.count] = isUncertain ? UNCERTAIN : stats.ctimeMs;
    this.times[2 * this.count + 1] = stats.mtimeMs;
    this.count++;
  }

  /** Those that have changed since they were listed and still exist. From now on they count as not listed. */
  async takeChanged(): Promise<string[]> {
    const changed: string[] = [];
    this.hasUncertain = false;
    for (let from = 0; from < this.count; from += LOOKS_AT_A_TIME) {
      const indexes = Array.from({ length: Math.min(LOOKS_AT_A_TIME, this.count - from) }, (_, place) => from + place);
      await Promise.all(indexes.map((index) => this.look(index, changed)));
    }
    return changed;
  }

  private async look(index: number, changed: string[]): Promise<void> {
    const ctimeMs = this.times[2 * index]!;
    if (ctimeMs === GONE) return;
    const relative = this.names.toString('utf8', this.startOf(index), this.ends[index]);
    const stats = await lstat(relative === '' ? this.root : `${this.root}/${relative}`).catch(() => undefined);
    if (stats?.isDirectory() && stats.ctimeMs === ctimeMs && stats.mtimeMs === this.times[2 * index + 1]) return;
    this.times[2 * index] = GONE;
    // What it held is saved or has been found elsewhere: the folder it was moved into has changed, too.
    if (stats?.isDirectory()) changed.push(relative);
  }

  private startOf(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1]!;
  }

  private makeRoom(bytes: number): void {
    if (bytes > this.names.length) {
      const names = Buffer.allocUnsafe(Math.max(bytes, 2 * this.names.length));
      this.names.copy(names);
      this.names = names;
    }
    if (this.count < this.ends.length) return;
    const [ends, times] = [new Uint32Array(2 * this.count), new Float64Array(4 * this.count)];
    ends.set(this.ends);
    times.set(this.times);
    [this.ends, this.times] = [ends, times];
  }
}
