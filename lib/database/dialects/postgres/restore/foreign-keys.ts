import { restoreFailed } from '../../../../errors/restore-errors.js';
import type { PgClient } from '../connection.js';
import { textLiteral } from '../text-literal.js';
import { ENABLE, type TriggerState } from './triggers.js';

interface ForeignKey {
  readonly oid: string;
  readonly name: string;
  readonly table: string;
  readonly label: string;
  readonly definition: string;
  readonly comment: string | null;
}

/** A trigger of a foreign key that somebody has switched off, or limited to replicas. */
interface KeyTrigger {
  /** What it has in common with the corresponding trigger once the key is added again. */
  readonly identity: string;
  readonly label: string;
  readonly state: TriggerState;
}

/**
 * The keys of the loaded tables and those that refer to them, except keys that refuse no row at present: their triggers
 * for insertions are switched off.
 */
const FOREIGN_KEYS = `
  SELECT con.oid::text AS oid, quote_ident(con.conname) AS name, con.conname || ' of ' || c.relname AS label,
    quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "table",
    pg_get_constraintdef(con.oid) AS definition, obj_description(con.oid, 'pg_constraint') AS comment
  FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE con.contype = 'f' AND con.conparentid = 0
    AND (con.conrelid = ANY($1::oid[]) OR con.confrelid = ANY($1::oid[]))
    AND NOT (con.conrelid = ANY($1::oid[]) AND con.confrelid = ANY($1::oid[]) AND coalesce((
      WITH RECURSIVE parts AS (SELECT con.oid
        UNION SELECT part.oid FROM parts JOIN pg_constraint part ON part.conparentid = parts.oid)
      SELECT bool_and(t.tgenabled IN ('D', 'R')) FROM parts JOIN pg_trigger t ON t.tgconstraint = parts.oid
        JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'RI_FKey_check_ins'), false))
  ORDER BY con.oid`;

const KEY_TRIGGERS = `
  SELECT concat_ws(' ', con.conrelid, con.confrelid, con.conkey, con.confkey, t.tgrelid, t.tgfoid) AS identity,
    con.conname || ' of ' || c.relname AS label, t.tgenabled AS state, quote_ident(t.tgname) AS name,
    quote_ident(tn.nspname) || '.' || quote_ident(tc.relname) AS "table"
  FROM pg_constraint con JOIN pg_trigger t ON t.tgconstraint = con.oid JOIN pg_class c ON c.oid = con.conrelid
    JOIN pg_class tc ON tc.oid = t.tgrelid JOIN pg_namespace tn ON tn.oid = tc.relnamespace
  WHERE con.contype = 'f'`;

const IN_PARTS = `AND con.oid IN (
  WITH RECURSIVE parts AS (SELECT unnest($1::oid[]) AS oid
    UNION SELECT part.oid FROM parts JOIN pg_constraint part ON part.conparentid = parts.oid) SELECT oid FROM parts)`;

/** Foreign keys of the loaded tables, dropped inside the transaction and added again as they were. */
export class ForeignKeysAside {
  private constructor(
    private readonly client: PgClient,
    private readonly keys: readonly ForeignKey[],
    private readonly switched: readonly KeyTrigger[],
    private readonly warn: (sentence: string) => void,
  ) {}

  static async take(
    client: PgClient,
    oids: readonly number[],
    warn: (sentence: string) => void,
  ): Promise<ForeignKeysAside> {
    const keys = (await client.query(FOREIGN_KEYS, [oids])).rows as unknown as ForeignKey[];
    const found = `${KEY_TRIGGERS} AND t.tgenabled <> 'O' ${IN_PARTS}`;
    const switched = (await client.query(found, [keys.map(({ oid }) => oid)])).rows as unknown as KeyTrigger[];
    for (const { table, name } of keys) await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
    return new ForeignKeysAside(client, keys, switched, warn);
  }

  /**
   * Adding a key checks every row, unless the key was never validated. @throws BackupError `RESTORE_FAILED`, naming the
   * key
   */
  async putBack(): Promise<void> {
    for (const { table, name, label, definition, comment } of this.keys) {
      try {
        await this.client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
      } catch (error) {
        if ((error as { code?: string }).code !== '23503') throw error;
        throw restoreFailed(`rows violate the foreign key ${label}`);
      }
      if (comment === null) continue;
      await this.client.query(`COMMENT ON CONSTRAINT ${name} ON ${table} IS ${textLiteral(comment)}`);
    }
    await this.switchBack();
  }

  /** A superuser switched the key off, and only a superuser can do so again. */
  private async switchBack(): Promise<void> {
    if (this.switched.length === 0) return;
    const [role] = (await this.client.query(`SELECT current_setting('is_superuser') = 'on' AS may`)).rows;
    if (role!.may !== true) {
      for (const label of new Set(this.switched.map((trigger) => trigger.label))) {
        this.warn(`The foreign key ${label} was switched off (DISABLE TRIGGER) and is on again.`);
      }
      return;
    }
    const states = new Map(this.switched.map(({ identity, state }) => [identity, state]));
    const triggers = (await this.client.query(`${KEY_TRIGGERS} AND t.tgenabled = 'O'`)).rows;
    for (const { identity, table, name } of triggers as Array<Record<string, string>>) {
      const state = states.get(identity!);
      if (state) await this.client.query(`ALTER TABLE ONLY ${table} ${ENABLE[state]} ${name}`);
    }
  }
}
