import { visible } from '../support/visible-text.js';
import { BackupError } from './backup-error.js';

/** An error and its causes, for the log: messages and codes only, no objects that could hold a secret. */
export function explain(error: unknown): string {
  const { message, code, cause } = (error ?? {}) as { message?: unknown; code?: unknown; cause?: unknown };
  // Our own errors are escaped already.
  const own =
    error instanceof BackupError ? error.message : visible(typeof message === 'string' ? message : String(error));
  const coded = typeof code === 'string' && !own.includes(code) ? `${own} (${code})` : own;
  return cause === undefined || cause === error ? coded : `${coded} Cause: ${explain(cause)}`;
}
