import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import pg from 'pg';
import { backupApp } from '../../fixtures/backup.js';
import { describeEngine } from '../../fixtures/databases.js';
import { PostgresServer } from '../../fixtures/postgres-server.mjs';

const TABLES = 400;
/** Each in a transaction of its own, as migrations may have made them, and all in one round trip. */
const SCHEMA = Array.from(
  { length: TABLES },
  (_, n) =>
    `BEGIN; CREATE TABLE t${n} (id serial PRIMARY KEY, up int ${n > 0 ? `REFERENCES t${n - 1}` : ''}, text text); COMMIT`,
).join('; ');

describeEngine('A server that has no room for locks', 'postgres', (engine) => {
  it('is named with its setting, by a backup and by a restore that it breaks', async () => {
    const server = await PostgresServer.start();
    const ask = async (...statements: string[]) => {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      try {
        for (const sql of statements) await client.query(sql);
        return (await client.query('SELECT text FROM t0')).rows;
      } finally {
        await client.end();
      }
    };
    const include = { unmappedTables: 'include' } as const;
    const plenty = await engine.create();
    const from = await backupApp(plenty, {}, include);
    try {
      await plenty.query(SCHEMA);
      await plenty.query(`INSERT INTO t0 (text) VALUES ('new')`);
      const archive = await buffer((await from.service.create()).stream);
      await ask(SCHEMA, `INSERT INTO t0 (text) VALUES ('old')`);
      await ask('ALTER SYSTEM SET max_locks_per_transaction = 10', 'ALTER SYSTEM SET max_connections = 10');
      await server.pause();
      await server.resume();
      const app = await backupApp({ options: { type: 'postgres', url: server.url } }, {}, include);
      try {
        const named = { code: 'DATABASE_FAILED', message: expect.stringContaining('max_locks_per_transaction') };
        await expect(app.service.create().then(({ stream }) => buffer(stream))).rejects.toMatchObject(named);
        const restore = app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
        await expect(restore).rejects.toMatchObject(named);
        expect(await ask()).toEqual([{ text: 'old' }]);
      } finally {
        await app.close();
      }
    } finally {
      await from.close();
      await plenty.drop();
      await server.stop();
    }
  }, 300_000);
});
