import { restoreRefused } from '../../../../errors/restore-errors.js';
import { modelName } from '../../../table-location.js';
import { oidsOf, ownLeaves, type PgTable } from '../catalog.js';
import type { PgClient } from '../connection.js';
import { ChecksAside, DomainChecksAside } from './checks.js';
import { ForeignKeysAside } from './foreign-keys.js';
import { TriggersAside } from './triggers.js';

/** Tables that are not loaded and refer to loaded ones, by key, and when a row of them does so. */
const OUTSIDE = `
  SELECT CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || quote_ident(n.nspname) || '.' || quote_ident(c.relname)
    AS "table", c.relname AS label, pg_has_role(c.relowner, 'USAGE') AS owned,
    (SELECT string_agg(quote_ident(a.attname) || ' IS NOT NULL', ' AND ') FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum = ANY(con.conkey)) AS refers
  FROM pg_constraint con JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE con.contype = 'f' AND con.conparentid = 0
    AND con.confrelid = ANY($1::oid[]) AND NOT con.conrelid = ANY($1::oid[])`;

interface Aside {
  putBack(): Promise<void>;
}

/**
 * Suspends, inside the transaction, everything in the loaded tables that would refuse or change rows, and restores it.
 */
export class SetAside {
  private constructor(private readonly parts: readonly Aside[]) {}

  /**
   * @param warn is called for what could not be restored exactly
   * @throws BackupError `RESTORE_REFUSED` when rows of another table refer to the tables that are emptied
   */
  static async take(client: PgClient, tables: readonly PgTable[], warn: (sentence: string) => void): Promise<SetAside> {
    refuseFiltered(tables);
    const oids = oidsOf(tables);
    await refuseOutside(client, oids);
    return new SetAside([
      await ForeignKeysAside.take(client, oids, warn),
      await ChecksAside.take(client, oids, warn),
      await DomainChecksAside.take(client, oids, warn),
      await TriggersAside.take(client, oids),
    ]);
  }

  /** @throws BackupError `RESTORE_FAILED`, naming a constraint that rows violate */
  async putBack(): Promise<void> {
    for (const part of this.parts) await part.putBack();
  }
}

function refuseFiltered(tables: readonly PgTable[]): void {
  const hidden = tables.find(({ filtered }) => filtered);
  if (!hidden) return;
  throw restoreRefused(
    `row-level security restricts the database role of the application on "${modelName(hidden)}"`,
    'Give the role BYPASSRLS for the restore.',
  );
}

async function refuseOutside(client: PgClient, oids: readonly number[]): Promise<void> {
  for (const { table, label, owned, refers } of (await client.query(OUTSIDE, [oids])).rows) {
    if (owned !== true) {
      throw restoreRefused(
        `the table "${String(label)}" of another role, which is not in the archive, has a foreign key to a table that would be replaced`,
        'Restore as a role that owns it too, or drop that foreign key.',
      );
    }
    // Its key is dropped, which takes the same lock: everything committed until then is seen.
    await client.query(`LOCK TABLE ${String(table)} IN ACCESS EXCLUSIVE MODE`);
    const { rows } = await client.query(`SELECT 1 FROM ${String(table)} WHERE ${String(refers)} LIMIT 1`);
    if (rows.length === 0) continue;
    throw restoreRefused(
      `rows of the table "${String(label)}", which is not in the archive, refer to rows that would be replaced`,
      'Empty that table, or save it too with unmappedTables: "include".',
    );
  }
}

/**
 * Empties tables in one statement; children of an inheritance are tables of their own, and partitions on another server
 * are left alone.
 */
export async function emptyTables(client: PgClient, tables: readonly PgTable[]): Promise<void> {
  const names = tables.flatMap((table) =>
    table.partitions.some(({ foreign }) => foreign)
      ? ownLeaves(table).map(({ sqlName }) => `ONLY ${sqlName}`)
      : [table.partitioned ? table.sqlName : `ONLY ${table.sqlName}`],
  );
  if (names.length > 0) await client.query(`TRUNCATE ${names.join(', ')}`);
}
