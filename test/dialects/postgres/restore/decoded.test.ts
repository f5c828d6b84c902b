import { createPostgres } from '../../../fixtures/databases/postgres.js';
import { PostgresServer } from '../../../fixtures/postgres-server.mjs';
import { newIndexes } from './catalog.js';
import { restoreSeenFromBefore } from './seen-from-before.js';

describe('A database whose log is decoded', () => {
  it('has each restored row in it once and with its key, for whoever goes on from an older snapshot', async () => {
    const server = await PostgresServer.start();
    try {
      const admin = await createPostgres(server.url);
      await admin.query('ALTER SYSTEM SET wal_level = logical');
      await admin.drop();
      await server.pause();
      await server.resume();
      const [decoded, other] = [await createPostgres(server.url), await createPostgres(server.url)];
      await decoded.query(`SELECT pg_create_logical_replication_slot('follower', 'pgoutput')`);
      const restored = async (database: typeof decoded) => {
        await database.query('CREATE TABLE page (id int PRIMARY KEY, text text)');
        await database.query('CREATE INDEX by_text ON page (text)');
        await database.query(`INSERT INTO page SELECT g, repeat('word ', 200) FROM generate_series(1, 4000) g`);
        const rebuilt = await newIndexes(database);
        return { seen: await restoreSeenFromBefore(database, ['page']), rebuilt: await rebuilt() };
      };
      expect(await restored(decoded)).toEqual({ seen: { page: 0 }, rebuilt: ['by_text'] });
      expect(await restored(other)).toEqual({ seen: { page: 4000 }, rebuilt: ['by_text', 'page_pkey'] });
      await decoded.query(`SELECT pg_drop_replication_slot('follower')`);
      for (const database of [decoded, other]) await database.drop();
    } finally {
      await server.stop();
    }
  });
});
