import type { PgClient } from '../connection.js';
import { withHostPath } from './host-path.js';

/**
 * Whether a check may judge a row differently than when the row was written: it was never validated, reads the time, or
 * calls a function of somebody's, which may read tables that are not loaded yet.
 */
export const MAY_REFUSE = `(NOT con.convalidated OR con.contype = 'c' AND (
    con.conbin::text LIKE '%{SQLVALUEFUNCTION %' OR EXISTS (
      SELECT FROM regexp_matches(con.conbin::text, ':(funcid|opfuncid) ([0-9]+)', 'g') AS call
      JOIN pg_proc p ON p.oid = call[2]::oid
      WHERE p.oid >= 16384 OR call[1] = 'funcid' AND p.provolatile <> 'i')))
  AND to_jsonb(con)->>'conenforced' IS DISTINCT FROM 'false'`;

const VIOLATED = new Set(['23514', '23502']);

/**
 * Adds a constraint, validated where it was, which its rows may not be any more.
 * @param statement without NOT VALID, unless it was never validated
 * @returns whether it had to be added without validation
 */
export async function addCheck(client: PgClient, statement: string): Promise<boolean> {
  await client.query('SAVEPOINT add_check');
  try {
    await withHostPath(client, () => client.query(statement));
    await client.query('RELEASE SAVEPOINT add_check');
    return false;
  } catch (error) {
    if (!VIOLATED.has((error as { code?: string }).code ?? '')) throw error;
    await client.query('ROLLBACK TO SAVEPOINT add_check');
    await client.query(`${statement} NOT VALID`);
    return true;
  }
}
