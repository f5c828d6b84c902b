import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { backupApp } from '../../../fixtures/backup.js';
import { createPostgres } from '../../../fixtures/databases/postgres.js';
import { PostgresServer } from '../../../fixtures/postgres-server.mjs';
import { newIndexes } from './catalog.js';

describe('A database whose log is decoded', () => {
  it('keeps its keys during a restore, so that each decoded row is told with its key', async () => {
    const server = await PostgresServer.start();
    try {
      const admin = await createPostgres(server.url);
      await admin.query('ALTER SYSTEM SET wal_level = logical');
      await admin.drop();
      await server.pause();
      await server.resume();
      const [decoded, other] = [await createPostgres(server.url), await createPostgres(server.url)];
      await decoded.query(`SELECT pg_create_logical_replication_slot('follower', 'pgoutput')`);
      const rebuiltIn = async (database: typeof decoded) => {
        await database.query('CREATE TABLE page (id int PRIMARY KEY, text text)');
        await database.query('CREATE INDEX by_text ON page (text)');
        await database.query(`INSERT INTO page SELECT g, repeat('word ', 200) FROM generate_series(1, 4000) g`);
        const rebuilt = await newIndexes(database);
        const app = await backupApp(database, {}, { unmappedTables: 'include' });
        try {
          const archive = await buffer((await app.service.create()).stream);
          await app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
        } finally {
          await app.close();
        }
        return rebuilt();
      };
      expect(await rebuiltIn(decoded)).toEqual(['by_text']);
      expect(await rebuiltIn(other)).toEqual(['by_text', 'page_pkey']);
      await decoded.query(`SELECT pg_drop_replication_slot('follower')`);
      for (const database of [decoded, other]) await database.drop();
    } finally {
      await server.stop();
    }
  });
});
