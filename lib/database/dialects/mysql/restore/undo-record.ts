import type { SequenceState } from '../../../catalog-table.js';
import type { TableLocation } from '../../../table-location.js';

/** A trigger, with everything that affects the meaning of its text. */
export interface Trigger {
  readonly table: TableLocation;
  readonly name: string;
  /** CREATE TRIGGER, with its definer. */
  readonly sql: string;
  readonly mode: string;
  readonly client: string;
  /** The collation of the connection that created it. */
  readonly connection: string;
  /** The collation of its database when it was created. */
  readonly database: string;
}

/** The value that a counter should get, of a table (AUTO_INCREMENT) or of one of MariaDB's sequences. */
export interface Counter extends TableLocation {
  readonly value: SequenceState['value'];
}

/**
 * What no transaction covers and has to be done after it. The record committed first has the old values; the
 * transaction replaces it with one that has the new values, so whichever is read afterwards is the one to apply.
 */
export interface Undo {
  /** In the order in which they fire. */
  readonly triggers: readonly Trigger[];
  /** The databases of the triggers, and their own collation. */
  readonly collations: Readonly<Record<string, string>>;
  readonly counters: readonly Counter[];
  readonly sequences: readonly Counter[];
}
