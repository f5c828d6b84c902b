import type { PgClient } from '../connection.js';
import { withHostSettings } from './settings.js';

/**
 * Whether a check may judge a row differently than when the row was written: it was never validated, reads the time, or
 * calls something that depends on settings, or a user's function, which may read tables that are not loaded yet.
 */
export const MAY_REFUSE = `(NOT con.convalidated OR con.contype = 'c' AND (
    con.conbin::text LIKE '%{SQLVALUEFUNCTION %' OR EXISTS (
      SELECT FROM regexp_matches(con.conbin::text, ':(?:funcid|opfuncid) ([0-9]+)', 'g') AS call
      JOIN pg_proc p ON p.oid = call[1]::oid
      WHERE p.oid >= 16384 OR p.provolatile <> 'i')))
  AND to_jsonb(con)->>'conenforced' IS DISTINCT FROM 'false'`;

const NOT_VALID = ' NOT VALID';
const VIOLATED = new Set(['23514', '23502']);

/** A constraint of a table or a domain. */
export interface Constraint {
  /** Quoted. */
  readonly name: string;
  /** As written by `pg_get_constraintdef` under the currently pinned settings. */
  readonly definition: string;
}

/**
 * Adds a constraint as it was, and validates it if it had been validated.
 * @param owner `TABLE` or `DOMAIN`, and its name
 * @returns whether it was validated, and rows violate it now
 */
export async function addCheck(client: PgClient, owner: string, { name, definition }: Constraint): Promise<boolean> {
  const wasValid = !definition.endsWith(NOT_VALID);
  await client.query(`ALTER ${owner} ADD CONSTRAINT ${name} ${definition}${wasValid ? NOT_VALID : ''}`);
  return wasValid && !(await validate(client, owner, name));
}

/** @returns whether all rows satisfy the constraint; if some violate it, it stays unvalidated */
export async function validate(client: PgClient, owner: string, name: string): Promise<boolean> {
  await client.query('SAVEPOINT validate_check');
  try {
    await withHostSettings(client, () => client.query(`ALTER ${owner} VALIDATE CONSTRAINT ${name}`));
    await client.query('RELEASE SAVEPOINT validate_check');
    return true;
  } catch (error) {
    if (!VIOLATED.has((error as { code?: string }).code ?? '')) throw error;
    await client.query('ROLLBACK TO SAVEPOINT validate_check');
    return false;
  }
}

/** @param label the constraint with its table or domain */
export function violated(label: string): string {
  return `Rows violate the constraint ${label}, as they did before: it is there again as NOT VALID.`;
}
