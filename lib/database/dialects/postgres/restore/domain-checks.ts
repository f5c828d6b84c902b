import type { PgClient } from '../connection.js';
import { DOMAINS_OF } from '../domains.js';
import { textLiteral } from '../text-literal.js';
import { addCheck, type Constraint, MAY_REFUSE, violated } from './add-check.js';

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
