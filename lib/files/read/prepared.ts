import type { OpenedFile } from './read-file.js';
import type { FoundEntry } from './walk-directory.js';

/** An entry that was found, wherever it is. */
export type Found = Pick<FoundEntry, 'kind' | 'relative' | 'reason' | 'stats'>;

/** An entry that was found and, if it is a file, that file or the reason why it could not be opened. */
export interface Prepared<Entry extends Found = Found> {
  readonly found: Entry;
  readonly file?: OpenedFile;
  readonly error?: unknown;
}

/** One entry of any kind, or several small files that were read completely. */
export type PreparedGroup<Entry extends Found = Found> = ReadonlyArray<Prepared<Entry>>;
