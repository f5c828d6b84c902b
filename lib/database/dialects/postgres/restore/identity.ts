import type { PgClient } from '../connection.js';
import { within } from '../transaction.js';

const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * The cluster has an identifier, which standbys share, and a database has an OID that is never reused. Marks are kept
 * by schema, so two schemas count as two databases.
 */
export async function readIdentity(client: PgClient, defaultSchema: string): Promise<readonly string[]> {
  const sql = 'SELECT oid::text AS oid, datname AS name FROM pg_database WHERE datname = current_database()';
  const { rows } = await within(client, 'read', () => client.query(sql));
  const { oid, name } = rows[0] as { oid: string; name: string };
  return [await clusterOf(client), oid, name, defaultSchema];
}

async function clusterOf(client: PgClient): Promise<string> {
  const sql = 'SELECT system_identifier::text AS cluster FROM pg_control_system()';
  try {
    const { rows } = await within(client, 'read', () => client.query(sql));
    return String(rows[0]!.cluster);
  } catch (error) {
    if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
    return '';
  }
}
