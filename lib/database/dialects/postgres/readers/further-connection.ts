import type { DataSource } from 'typeorm';
import { lockList, type PgTable } from '../catalog.js';
import { connect, destroy, type PgClient } from '../connection.js';
import { beginSql } from '../transaction.js';

/** How long it waits for an index, behind which others may wait already. */
const OPENING_LOCK_MS = 500;
/** A wait that no server sees as a deadlock, because two connections of the same backup are in it, ends. */
const READING_LOCK_MS = 60_000;

/**
 * A planned query locks its table's indexes too, and shows whether the server finds a part of a table without reading
 * the rest: from version 14 on, and in tables whose storage has places.
 */
const plan = ({ sqlName }: PgTable) =>
  `EXPLAIN (COSTS OFF) SELECT 1 FROM ONLY ${sqlName} WHERE ctid >= '(0,0)' AND ctid < '(1,0)'`;

export async function findsParts(client: PgClient, table: PgTable): Promise<boolean> {
  const { rows } = await client.query(plan(table));
  return rows.some((row) => String(row['QUERY PLAN']).includes('Tid Range Scan'));
}

const FREE = `
  SELECT least(current_setting('max_connections')::int, nullif(datconnlimit, -1), nullif(rolconnlimit, -1))
    - (SELECT count(*) FROM pg_stat_activity)::int AS free
  FROM pg_database, pg_roles WHERE datname = current_database() AND rolname = session_user`;
/** Of the connections that the server has left, the others are for whoever needs them. */
const SHARE_OF_FREE = 1 / 4;

/** How many further connections do not get in the way of others. */
export async function spareConnections(client: PgClient): Promise<number> {
  const { rows } = await client.query(FREE);
  return Math.max(0, Math.floor(Number(rows[0]?.free ?? 0) * SHARE_OF_FREE));
}

/**
 * A connection that sees what the exported snapshot sees, and has every lock that reading the table takes: it must
 * never wait behind a TRUNCATE that waits for the snapshot's own connection. The signal destroys it until `release`.
 * @throws whatever keeps it from that, at once
 */
export async function openFurther(
  dataSource: DataSource,
  exported: string,
  table: PgTable,
  signal: AbortSignal,
): Promise<{ client: PgClient; release: () => Promise<void> }> {
  const client = await connect(dataSource, signal);
  const abort = () => destroy(client);
  signal.addEventListener('abort', abort);
  const detach = () => signal.removeEventListener('abort', abort);
  try {
    const begin = await beginSql(client, 'snapshot', [`SET TRANSACTION SNAPSHOT '${exported}'`]);
    const steps = [
      `SET LOCAL lock_timeout = ${OPENING_LOCK_MS}`,
      `LOCK TABLE ${lockList([table])} IN ACCESS SHARE MODE NOWAIT`,
      plan(table),
      `SET LOCAL lock_timeout = ${READING_LOCK_MS}`,
    ];
    await client.query([begin, ...steps].join('; '));
    signal.throwIfAborted();
  } catch (error) {
    detach();
    destroy(client);
    throw error;
  }
  const release = async () => {
    await client
      .query('COMMIT')
      .then(() => client.end())
      .catch(abort);
    detach();
  };
  return { client, release };
}
