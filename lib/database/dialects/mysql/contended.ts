/** Somebody else's lock or change was in the way: what was begun is worth beginning again. */
export class ContendedError extends Error {
  constructor(
    /** For `databaseBusy`, for example `Table "users"`. */
    readonly what: string,
    cause?: unknown,
  ) {
    super(`${what} is locked or changing.`, { cause });
  }
}
