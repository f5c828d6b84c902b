import type { PgClient } from '../connection.js';
import { textLiteral } from '../text-literal.js';
import { addCheck, type Constraint, MAY_REFUSE, validate, violated } from './add-check.js';

interface Check extends Constraint {
  readonly table: string;
  readonly label: string;
  readonly comment: string | null;
  /** Number of levels below the table on which the constraint is defined: the tables below inherit it. */
  readonly depth: number;
  /** It is (also) defined on the table itself. */
  readonly local: boolean;
  /** Validated below a table on which it is not. */
  readonly validatedAlone: boolean;
}

/** Checks and NOT NULLs (which are constraints since version 18) that may refuse rows, including inherited ones. */
const CHECKS = `
  WITH RECURSIVE aside AS (
    SELECT con.oid, con.conrelid, con.conname, con.contype, con.conkey, con.convalidated AS above, 0 AS depth
    FROM pg_constraint con
    WHERE con.conrelid = ANY($1::oid[]) AND con.contype IN ('c', 'n') AND con.coninhcount = 0 AND ${MAY_REFUSE}
    UNION ALL
    SELECT con.oid, con.conrelid, con.conname, con.contype, con.conkey, aside.above, aside.depth + 1
    FROM aside JOIN pg_inherits i ON i.inhparent = aside.conrelid
    JOIN pg_constraint con ON con.conrelid = i.inhrelid AND con.contype = aside.contype AND con.coninhcount > 0
    WHERE con.conname = aside.conname OR con.contype = 'n' AND EXISTS (
      SELECT FROM pg_attribute a JOIN pg_attribute o ON o.attname = a.attname
      WHERE a.attrelid = con.conrelid AND a.attnum = con.conkey[1]
        AND o.attrelid = aside.conrelid AND o.attnum = aside.conkey[1])
  ), deepest AS (SELECT oid, max(depth) AS depth, bool_and(above) AS above FROM aside GROUP BY oid)
  SELECT quote_ident(con.conname) AS name, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "table",
    '"' || con.conname || '" of table "' || c.relname || '"' AS label, pg_get_constraintdef(con.oid) AS definition,
    obj_description(con.oid, 'pg_constraint') AS comment, deepest.depth, con.conislocal AS local,
    con.convalidated AND NOT deepest.above AS "validatedAlone"
  FROM deepest JOIN pg_constraint con ON con.oid = deepest.oid
    JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  ORDER BY deepest.depth, con.oid`;

/** Constraints of the tables that rows of the archive may violate, as rows of its source may have done. */
export class ChecksAside {
  private constructor(
    private readonly client: PgClient,
    private readonly checks: readonly Check[],
    private readonly warn: (sentence: string) => void,
  ) {}

  static async take(client: PgClient, oids: readonly number[], warn: (sentence: string) => void): Promise<ChecksAside> {
    const checks = (await client.query(CHECKS, [oids])).rows as unknown as Check[];
    // What is only inherited disappears with its origin.
    for (const { table, name, local } of checks) {
      if (local) await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
    }
    return new ChecksAside(client, checks, warn);
  }

  async putBack(): Promise<void> {
    // From the bottom up: a table's own constraint is merged with what it then inherits.
    for (const check of this.checks.toReversed()) {
      if (check.local && (await addCheck(this.client, `TABLE ${check.table}`, check))) this.warn(violated(check.label));
    }
    for (const { table, name, label, comment, validatedAlone } of this.checks) {
      if (validatedAlone && !(await validate(this.client, `TABLE ${table}`, name))) this.warn(violated(label));
      if (comment === null) continue;
      await this.client.query(`COMMENT ON CONSTRAINT ${name} ON ${table} IS ${textLiteral(comment)}`);
    }
  }
}
