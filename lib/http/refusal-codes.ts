import type { RefusalReason } from '../audit/audit-events.js';

/**
 * Stable codes of answers before a backup has started, besides those of `BackupError`, and their HTTP status. The audit's
 * reasons are used as codes, except one: clients are not told that a feature is switched off.
 */
export const REFUSAL_STATUS = {
  NOT_FOUND: 404,
  NOT_LOGGED_IN: 401,
  NOT_SYSTEM_USER: 403,
  NOT_JSON: 415,
  KEY_MISSING: 400,
  TOO_MANY_WRONG_KEYS: 429,
  WRONG_KEY: 403,
  INVALID_BODY: 400,
  INTERNAL: 500,
} as const;

export type RefusalCode = keyof typeof REFUSAL_STATUS;

export function codeOf(reason: RefusalReason): string {
  return reason === 'DISABLED' ? 'NOT_FOUND' : reason;
}
