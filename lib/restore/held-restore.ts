import type { DatabaseLock } from '../database/dialects/dialect.js';
import type { RestoreOptions } from './restore-report.js';

/** What a restore of a running application needs besides the options of any other. */
export interface HeldRestoreOptions extends RestoreOptions {
  /** The id of the run, for those who have to know it before it ends. */
  readonly id?: string;
  /** Nobody can end it but the caller. */
  readonly isFinal?: boolean;
  /** The backup lock, which the caller holds before and after. */
  readonly under?: DatabaseLock;
  /**
   * Called once, when everything is checked, nothing is replaced, and until the commit nobody else can write to the
   * tables concerned, while a backup can read them. What it throws ends the restore, which has changed nothing.
   * @param held the backup lock
   */
  readonly beforeReplacing?: (held: DatabaseLock) => Promise<void>;
  /**
   * An id for `RestoreDialect.wasCommitted` that stays until the caller forgets it: the restore's own id is forgotten as
   * soon as the files are in place.
   */
  readonly witness?: string;
}
