import { visible } from '../support/visible-text.js';
import type { BackupErrorCode } from './backup-error-code.js';

export type { BackupErrorCode } from './backup-error-code.js';

export interface BackupErrorDetails {
  /** What to do next, in sentences. */
  readonly remedy?: string;
  /**
   * The same where an answer over HTTP or the page says it, if it is something else there.
   * @internal
   */
  readonly remedyOverHttp?: string;
  /** The driver's or the system's error. */
  readonly cause?: unknown;
}

/**
 * The only error class of this library. `code` is stable; `message` is the problem followed by the remedy, and never contains a
 * key, a password or the content of a row. Names in it are escaped, so that none can control a terminal.
 */
export class BackupError extends Error {
  override readonly name = 'BackupError';

  /** What is wrong, in sentences. */
  readonly problem: string;

  /** What to do next, in sentences; empty if there is nothing to do. */
  readonly remedy: string;

  /**
   * @see messageOverHttp
   * @internal
   */
  declare readonly remedyOverHttp?: string;

  /**
   * @param problem in sentences. Several lines are escaped one by one, so that no name in them can start a new line
   * @param details the remedy, and the cause
   */
  constructor(
    readonly code: BackupErrorCode,
    problem: string | readonly string[],
    details: BackupErrorDetails = {},
  ) {
    // Not in the parameter: a declaration repeats that, and what is internal is not declared.
    const { remedy = '', remedyOverHttp, ...options } = details;
    const lines = [problem].flat().map(visible).join('\n');
    const next = visible(remedy);
    super(next === '' ? lines : `${lines} ${next}`, options);
    this.problem = lines;
    this.remedy = next;
    // Of those without one, nothing is shown.
    if (remedyOverHttp !== undefined) this.remedyOverHttp = visible(remedyOverHttp);
  }
}
