import type { PgClient } from '../connection.js';
import { DOMAINS_OF } from '../domains.js';
import { textLiteral } from '../text-literal.js';
import { withHostSettings } from './settings.js';

/**
 * Whether a check may judge a row differently than when the row was written: it was never validated, reads the time, or
 * calls something that depends on settings, or a user's function, which may read tables that are not loaded yet.
 */
const MAY_REFUSE = `(NOT con.convalidated OR con.contype = 'c' AND (
    con.conbin::text LIKE '%{SQLVALUEFUNCTION %' OR EXISTS (
      SELECT FROM regexp_matches(con.conbin::text, ':(?:funcid|opfuncid) ([0-9]+)', 'g') AS call
      JOIN pg_proc p ON p.oid = call[1]::oid
      WHERE p.oid >= 16384 OR p.provolatile <> 'i')))
  AND to_jsonb(con)->>'conenforced' IS DISTINCT FROM 'false'`;

const NOT_VALID = ' NOT VALID';
const VIOLATED = new Set(['23514', '23502']);

/** A constraint of a table or a domain. */
interface Constraint {
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
async function addCheck(client: PgClient, owner: string, { name, definition }: Constraint): Promise<boolean> {
  const wasValid = !definition.endsWith(NOT_VALID);
  await client.query(`ALTER ${owner} ADD CONSTRAINT ${name} ${definition}${wasValid ? NOT_VALID : ''}`);
  return wasValid && !(await validate(client, owner, name));
}

/** @returns whether all rows satisfy the constraint; if some violate it, it stays unvalidated */
async function validate(client: PgClient, owner: string, name: string): Promise<boolean> {
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
function violated(label: string): string {
  return `Rows violate the constraint ${label}, as they did before: it is there again as NOT VALID.`;
}

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

interface DomainCheck extends Constraint {
  readonly domain: string;
  readonly label: string;
  readonly comment: string | null;
}

/** Those of domains that this role owns; the others stay, and refuse rows that violate them. */
const DOMAIN_CHECKS = `
  SELECT quote_ident(con.conname) AS name, quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS domain,
    '"' || con.conname || '" of domain "' || t.typname || '"' AS label, pg_get_constraintdef(con.oid) AS definition,
    obj_description(con.oid, 'pg_constraint') AS comment
  FROM pg_constraint con JOIN pg_type t ON t.oid = con.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
  WHERE con.contypid IN (${DOMAINS_OF}) AND con.contype = 'c' AND ${MAY_REFUSE} AND pg_has_role(t.typowner, 'USAGE')
  ORDER BY con.oid`;

/** Constraints of the domains of the tables' columns that rows of the archive may violate. */
export class DomainChecksAside {
  private constructor(
    private readonly client: PgClient,
    private readonly checks: readonly DomainCheck[],
    private readonly warn: (sentence: string) => void,
  ) {}

  static async take(
    client: PgClient,
    oids: readonly number[],
    warn: (sentence: string) => void,
  ): Promise<DomainChecksAside> {
    const checks = (await client.query(DOMAIN_CHECKS, [oids])).rows as unknown as DomainCheck[];
    for (const { domain, name } of checks) await client.query(`ALTER DOMAIN ${domain} DROP CONSTRAINT ${name}`);
    return new DomainChecksAside(client, checks, warn);
  }

  async putBack(): Promise<void> {
    for (const check of this.checks) {
      const { domain, name, label, comment } = check;
      if (await addCheck(this.client, `DOMAIN ${domain}`, check)) this.warn(violated(label));
      if (comment === null) continue;
      await this.client.query(`COMMENT ON CONSTRAINT ${name} ON DOMAIN ${domain} IS ${textLiteral(comment)}`);
    }
  }
}
