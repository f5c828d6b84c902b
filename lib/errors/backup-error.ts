import { visible } from '../support/visible-text.js';
import type { BackupErrorCode } from './backup-error-code.js';

export type { BackupErrorCode } from './backup-error-code.js';

export interface BackupErrorDetails {
  /** What to do next, in sentences. */
  readonly remedy?: string;
  /** The driver's or the system's own error. */
  readonly cause?: unknown;
}

/**
 * The only error class of this library. `code` is stable; `message` is the problem and the remedy, and never contains a key, a
 * password or a row. Names in it can command no terminal.
 */
export class BackupError extends Error {
  override readonly name = 'BackupError';

  /** What is wrong, in sentences. */
  readonly problem: string;

  /** What to do next, in sentences; empty where nothing but to know it is left. */
  readonly remedy: string;

  /**
   * @param problem in sentences; of several lines each by itself, so that no name in it begins one
   * @param details the remedy, and the cause
   */
  constructor(
    readonly code: BackupErrorCode,
    problem: string | readonly string[],
    { remedy = '', ...options }: BackupErrorDetails = {},
  ) {
    const lines = [problem].flat().map(visible).join('\n');
    const next = visible(remedy);
    super(next === '' ? lines : `${lines} ${next}`, options);
    this.problem = lines;
    this.remedy = next;
  }
}
