import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { backupApp } from '../../../fixtures/backup.js';
import type { TestDatabase } from '../../../fixtures/databases.js';
import { otherSession } from '../../../fixtures/other-session.js';

/**
 * Restores a backup into the database that it is of.
 * @returns how many rows of each table a transaction counts afterwards whose snapshot is from before the restore
 */
export async function restoreSeenFromBefore(
  database: TestDatabase,
  tables: readonly string[],
): Promise<Record<string, number>> {
  const app = await backupApp(database, {}, { unmappedTables: 'include' });
  const other = await otherSession(database);
  try {
    const archive = await buffer((await app.service.create()).stream);
    await other.run('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await other.run('SELECT count(*) FROM pg_class');
    await app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
    const seen: Record<string, number> = {};
    for (const table of tables) {
      const { rows } = (await other.run(`SELECT count(*)::int AS n FROM ${table}`)) as { rows: Array<{ n: number }> };
      seen[table] = rows[0]!.n;
    }
    return seen;
  } finally {
    await other.end();
    await app.close();
  }
}
