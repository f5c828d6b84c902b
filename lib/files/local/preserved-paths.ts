const MAX_NAMES = 100;

/** What of the application's own was kept although the new files left no place for it; only the first are listed. */
export class PreservedPaths {
  #count = 0;
  readonly #paths: string[] = [];

  add(path: Buffer): void {
    this.#count++;
    if (this.#paths.length < MAX_NAMES) this.#paths.push(path.toString());
  }

  get count(): number {
    return this.#count;
  }

  get paths(): readonly string[] {
    return this.#paths;
  }
}
