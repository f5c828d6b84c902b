import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { isRecent } from '../file-check.js';

const LOOKS_AT_A_TIME = 3;
/** Marks a directory that was changed too recently before it was listed for its times to be conclusive. */
const UNCERTAIN = -1;
const GONE = -2;

/**
 * The directories of a walk, each with its times from before it was listed (20 bytes plus its path): anything moved
 * into or out of one since then has changed them.
 */
export class ListedDirectories {
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
