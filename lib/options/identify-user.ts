import { visibleUpTo } from '../support/visible-text.js';

/** Where common authentication libraries put the identity of a user, the most reliable first. */
const NAMES = ['id', '_id', 'uuid', 'userId', 'sub', 'username', 'email', 'name'];
const LONGEST = 200;

/** The default of the option `identifyUser`: the first of the usual fields that has a value. */
export function usualName(user: unknown): string | undefined {
  if (isName(user)) return String(user);
  const fields = user as Record<string, unknown>;
  const name = NAMES.map((field) => fields[field]).find(isName);
  return name === undefined ? undefined : String(name);
}

/** What the application's function returned, as it is written to events and the log; at most 200 characters. */
export function shownName(name: unknown): string | null {
  return isName(name) ? visibleUpTo(LONGEST, String(name)) : null;
}

function isName(value: unknown): value is string | number | bigint {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' || typeof value === 'bigint';
}
