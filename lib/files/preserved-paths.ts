const MAX_NAMES = 100;

/**
 * What was kept of the application's own files where the new files left no place for them; only the first are listed.
 */
export class PreservedPaths {
  private seen = 0;
  private readonly listed: string[] = [];

  add(path: Buffer): void {
    this.seen++;
    if (this.listed.length < MAX_NAMES) this.listed.push(path.toString());
  }

  get count(): number {
    return this.seen;
  }

  get paths(): readonly string[] {
    return this.listed;
  }
}
