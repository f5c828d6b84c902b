import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { RestoreService } from 'nestjs-backup';
import pg from 'pg';
import type { QueryRunner } from 'typeorm';
import { DatabaseService } from '../../lib/database/database.service.js';
import { backupApp, readBackup } from '../fixtures/backup.js';
import { noteEntities } from '../fixtures/cli.js';
import type { TestDatabase } from '../fixtures/databases.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { describePgBouncer, PgBouncer } from '../fixtures/pgbouncer.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { version } from '../fixtures/versioned-host.js';

const { TEST_PG_URL = '' } = process.env;
const FLOAT = 0.1 + 0.2;

/** As dumps of schemas begin that serve as a first migration. */
class Dumped1700000000009 {
  name = 'Dumped1700000000009';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`SET statement_timeout = 12345`);
    await runner.query(`SELECT pg_catalog.set_config('search_path', 'pg_catalog, public', false)`);
    await runner.query(`SET xmloption = content; SET default_tablespace = ''; SET TimeZone = 'Asia/Tokyo'`);
    await runner.query(`CREATE TABLE public.dumped (id serial PRIMARY KEY)`);
  }
  async down(): Promise<void> {}
}

describePgBouncer('Behind a pooler that hands sessions out for a transaction', (engine) => {
  let pooler: PgBouncer;
  let url: string;
  let database: TestDatabase;
  const pooled = { ...engine, create: () => open() };

  async function open(): Promise<TestDatabase> {
    database = await engine.create();
    ({ url } = database.options as { url: string });
    return { ...database, options: { type: 'postgres', url: pooler.through(url) } };
  }
  /** What the application's next queries will find, on whichever connection. */
  const settings = () => pooler.eachServer<{ name: string; setting: string }>(url, 'SHOW ALL');

  beforeAll(async () => {
    pooler = await PgBouncer.before(TEST_PG_URL, { hurried: 'hurried' });
  });
  afterAll(() => pooler.stop());

  describe('each session of an application', () => {
    let host: StoringHost;
    let before: unknown;
    beforeEach(async () => {
      host = await StoringHost.start(pooled, { vault: new MemoryDestination() });
      before = await settings();
    });
    afterEach(async () => {
      expect(await settings()).toEqual(before);
      await pooler.eachServer(url, 'SELECT * FROM note');
      await host.close();
    });

    it('is as before after a backup, and after one that was given up', async () => {
      await host.store.store({ destinations: ['vault'] });
      expect(await settings()).toEqual(before);
      const giveUp = AbortSignal.timeout(1);
      await expect(host.store.store({ destinations: ['vault'], signal: giveUp })).rejects.toThrow();
    });

    it('is as before after a dry run, a restore, and one that fails', async () => {
      const { manifest } = await host.store.store({ destinations: ['vault'] });
      const restores = host.app.get(RestoreService);
      const latest = { destination: 'vault', id: manifest.id };
      await restores.restore(latest, { replace: true, dryRun: true });
      expect(await settings()).toEqual(before);
      await restores.restore(latest, { replace: true });
      expect(await settings()).toEqual(before);
      await host.query(`DELETE FROM note WHERE text = 'two'`);
      await host.query(`ALTER TABLE note ADD CHECK (text <> 'two')`);
      await expect(restores.restore(latest, { replace: true })).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
    });

    it('may hold a cursor that somebody has kept beyond a transaction', async () => {
      const { manifest } = await host.store.store({ destinations: ['vault'] });
      await pooler.eachServer(url, 'DECLARE kept CURSOR WITH HOLD FOR SELECT 1; COMMIT; BEGIN');
      const latest = { destination: 'vault', id: manifest.id };
      await host.app.get(RestoreService).restore(latest, { replace: true });
      await pooler.eachServer(url, 'CLOSE kept; COMMIT; BEGIN');
    });

    it('is as before after a restore test', async () => {
      await host.store.store({ destinations: ['vault'] });
      const report = await host.app
        .get(RestoreService)
        .verify({ destination: 'vault', id: 'latest' }, { restore: true });
      expect(report.restoreTest).toBe(true);
    });

    it('is as before after a recovery, and while locks are held', async () => {
      const databases = host.app.get(DatabaseService, { strict: false });
      const lock = await databases.lock('schedule');
      await databases.restores.forget('none');
      expect(await databases.restores.wasCommitted('none')).toBe(false);
      const session = await databases.restores.openRestore();
      await session.begin('some', []);
      await session.commit();
      await session.close();
      expect(await databases.restores.wasCommitted('some')).toBe(true);
      await databases.restores.forget('some');
      expect(await databases.restores.wasCommitted('some')).toBe(false);
      await lock.release();
    });

    it('holds one backup at a time', async () => {
      const databases = host.app.get(DatabaseService, { strict: false });
      const lock = await databases.lock();
      await expect(host.store.store({ destinations: ['vault'] })).rejects.toMatchObject({ code: 'LOCKED' });
      await lock.release();
      await host.store.store({ destinations: ['vault'] });
    });
  });

  it('leaves each session as before after migrations that set something for good, run within a restore', async () => {
    const target = await open();
    const older = await backupApp(target, { ...version(1), migrationsRun: true });
    await older.dataSource.query(`INSERT INTO shelf (name) VALUES ('one')`);
    const archive = await buffer((await older.service.create()).stream);
    await older.close();
    const newer = await backupApp(target, version(1, [Dumped1700000000009]));
    const before = await settings();
    const report = await newer.get(RestoreService).restore(Readable.from([archive]), { replace: true });
    expect(report.migrations.run).toEqual(['Dumped1700000000009']);
    expect(await settings()).toEqual(before);
    await pooler.eachServer(url, 'SELECT * FROM shelf, dumped');
    await newer.close();
    await target.drop();
  });

  it('has every float exact in every backup, whatever sessions are set to and however busy they are', async () => {
    const target = await open();
    await database.query(`CREATE TABLE price (amount float8)`);
    await database.query(`INSERT INTO price VALUES (${FLOAT})`);
    const { pathname } = new URL(url);
    await database.query(`ALTER DATABASE ${pathname.slice(1)} SET extra_float_digits = 0`);
    const app = await backupApp(target, {}, { unmappedTables: 'include' });
    let stop = false;
    const busy = Array.from({ length: 6 }, async () => {
      const client = new pg.Client({ connectionString: pooler.through(url) });
      await client.connect();
      while (!stop) await client.query('SELECT pg_sleep(0.002)');
      await client.end();
    });
    const found: unknown[] = [];
    for (let made = 0; made < 12; made++) found.push((await app.backUp()).of('price')[0]!.fields['amount']);
    stop = true;
    await Promise.all(busy);
    await app.close();
    await target.drop();
    expect(found).toEqual(Array(12).fill(String(FLOAT)));
  });

  it('is not ended by the timeouts of the role or of the DataSource', async () => {
    const target = await open();
    await database.query(`DROP ROLE IF EXISTS hurried`);
    await database.query(`CREATE ROLE hurried LOGIN PASSWORD 'hurried'`);
    for (const name of ['statement_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout']) {
      await database.query(`ALTER ROLE hurried SET ${name} = 300`);
    }
    await database.query(`GRANT ALL ON SCHEMA public TO hurried`);
    const hurried = Object.assign(new URL(pooler.through(url)), { username: 'hurried', password: 'hurried' }).href;
    const options = { type: 'postgres', url: hurried } as const;
    const app = await backupApp({ options }, { entities: noteEntities, synchronize: true });
    await database.query(`INSERT INTO note (text) SELECT repeat(i::text, 1e5::int) FROM generate_series(1, 100) i`);
    const { master } = app.dataSource.driver as unknown as { master: { options: Record<string, unknown> } };
    Object.assign(master.options, { statement_timeout: 300, lock_timeout: 300 });

    const { stream } = await app.service.create();
    // The application's own connections would be refused with them.
    for (const name of ['statement_timeout', 'lock_timeout']) delete master.options[name];
    await sleep(1_000);
    const archive = await buffer(stream);
    expect((await readBackup(archive)).of('note')).toHaveLength(100);
    await database.query(
      `CREATE FUNCTION slow() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.01); RETURN true; END'`,
    );
    await database.query(`TRUNCATE note`);
    await database.query(`ALTER TABLE note ADD CHECK (slow())`);
    await app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
    expect(await database.query('SELECT count(*)::int AS n FROM note')).toEqual([{ n: 100 }]);
    await app.close();
    await database.query('DROP OWNED BY hurried; DROP ROLE hurried');
    await target.drop();
  });
});
