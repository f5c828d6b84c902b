import type { DataSource } from 'typeorm';
import { connect } from './connection.js';

/**
 * Sessions of this database that are older than this process, so none of its own; only those that this role may see.
 */
export async function countOlderSessions(dataSource: DataSource): Promise<number> {
  const client = await connect(dataSource);
  try {
    const { rows } = await client.query(
      `SELECT count(*)::int AS count FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend' AND backend_start < now() - make_interval(secs => $1)`,
      [process.uptime()],
    );
    return Number(rows[0]!.count);
  } finally {
    await client.end();
  }
}
