import { BackupError } from '../../../../backup.errors.js';
import type { PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';

interface ForeignKey {
  readonly name: string;
  readonly table: string;
  readonly label: string;
  readonly definition: string;
  readonly comment: string | null;
}
interface Trigger {
  readonly name: string;
  readonly table: string;
  readonly state: 'O' | 'D' | 'R' | 'A';
}

const FOREIGN_KEYS = `
  SELECT quote_ident(con.conname) AS name, con.conname || ' of ' || c.relname AS label,
    quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "table",
    pg_get_constraintdef(con.oid) AS definition, obj_description(con.oid, 'pg_constraint') AS comment
  FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE con.contype = 'f' AND con.conparentid = 0
    AND (con.conrelid = ANY($1::oid[]) OR con.confrelid = ANY($1::oid[]))
  ORDER BY con.oid`;

const OUTSIDE = `
  SELECT DISTINCT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "table", c.relname AS label
  FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE con.contype = 'f' AND con.conparentid = 0 AND NOT c.relispartition
    AND con.confrelid = ANY($1::oid[]) AND NOT con.conrelid = ANY($1::oid[])`;

const TRIGGERS = `
  SELECT quote_ident(t.tgname) AS name, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS "table",
    t.tgenabled AS state
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled <> 'D' AND t.tgrelid = ANY($1::oid[])
  ORDER BY t.oid`;

const ENABLE: Record<Trigger['state'], string> = {
  O: 'ENABLE TRIGGER',
  D: 'DISABLE TRIGGER',
  R: 'ENABLE REPLICA TRIGGER',
  A: 'ENABLE ALWAYS TRIGGER',
};

/** Foreign keys and triggers of the tables that are loaded: out of the way inside of the transaction, and back again. */
export class SetAside {
  private constructor(
    private readonly client: PgClient,
    private readonly foreignKeys: readonly ForeignKey[],
    private readonly triggers: readonly Trigger[],
  ) {}

  /** @throws BackupError `RESTORE_REFUSED` when rows of another table refer to the tables that are emptied */
  static async take(client: PgClient, tables: readonly PgTable[]): Promise<SetAside> {
    const oids = [tables.map(({ oid }) => oid)];
    for (const { table, label } of (await client.query(OUTSIDE, oids)).rows) {
      const { rows } = await client.query(`SELECT 1 FROM ${String(table)} LIMIT 1`);
      if (rows.length === 0) continue;
      throw BackupError.restoreRefused(
        `rows of the table "${String(label)}", which is not in the archive, refer to rows that would be replaced`,
        'Empty that table, or save it too with unmappedTables: "include".',
      );
    }
    const foreignKeys = (await client.query(FOREIGN_KEYS, oids)).rows as unknown as ForeignKey[];
    const triggers = (await client.query(TRIGGERS, oids)).rows as unknown as Trigger[];
    for (const { table, name } of foreignKeys) await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
    for (const { table, name } of triggers) await client.query(`ALTER TABLE ${table} DISABLE TRIGGER ${name}`);
    return new SetAside(client, foreignKeys, triggers);
  }

  /** Adding a key checks every row. @throws BackupError `RESTORE_FAILED`, naming the key */
  async putBack(): Promise<void> {
    for (const { table, name, label, definition, comment } of this.foreignKeys) {
      try {
        await this.client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
      } catch (error) {
        if ((error as { code?: string }).code !== '23503') throw error;
        throw BackupError.restoreFailed(`rows violate the foreign key ${label}`);
      }
      if (comment !== null) {
        const text = `E'${comment.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
        await this.client.query(`COMMENT ON CONSTRAINT ${name} ON ${table} IS ${text}`);
      }
    }
    for (const { table, name, state } of this.triggers) {
      await this.client.query(`ALTER TABLE ${table} ${ENABLE[state]} ${name}`);
    }
  }
}

/** Empties tables in one statement; children of an inheritance are tables of their own. */
export async function emptyTables(client: PgClient, tables: readonly PgTable[]): Promise<void> {
  if (tables.length === 0) return;
  const names = tables.map(({ sqlName, partitioned }) => (partitioned ? sqlName : `ONLY ${sqlName}`));
  await client.query(`TRUNCATE ${names.join(', ')}`);
}
