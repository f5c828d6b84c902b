import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { postgresRestore } from '../../../../lib/database/dialects/postgres/restore/index.js';
import { describeEngine, type TestDatabase } from '../../../fixtures/databases.js';
import { TcpProxy } from '../../../fixtures/tcp-proxy.js';

/** Makes every commit of a restore take a second. */
const SLOW = [
  `CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$`,
  `CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON nestjs_backup_restore DEFERRABLE INITIALLY DEFERRED
   FOR EACH ROW EXECUTE FUNCTION slow()`,
];

describeEngine('A commit of a restore whose connection is lost', 'postgres', (engine) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let proxy: TcpProxy;
  beforeAll(async () => {
    database = await engine.create();
    const wired = await TcpProxy.before(database.options);
    proxy = wired.proxy;
    dataSource = await new DataSource(wired.options).initialize();
    await (await postgresRestore(dataSource).openRestore()).close();
    const first = await postgresRestore(dataSource).openRestore();
    await first.begin(randomUUID(), []);
    await first.close();
    for (const statement of SLOW) await database.query(statement);
  });
  afterAll(async () => {
    await dataSource.destroy();
    proxy.close();
    await database.drop();
  });

  it.each(['before', 'after'])('is known for good when it is asked %s the server is done with it', async (when) => {
    const id = randomUUID();
    const restores = postgresRestore(dataSource);
    const session = await restores.openRestore();
    await session.begin(id, []);
    const committing = session.commit();
    setTimeout(() => proxy.cut(), 300);
    await expect(committing).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    if (when === 'after') await sleep(1_500);
    const committed = await restores.wasCommitted(id);
    await sleep(1_500);
    const marks = await database.query('SELECT id FROM nestjs_backup_restore WHERE id = $1', [id]);
    expect(marks).toHaveLength(committed ? 1 : 0);
    expect(await restores.wasCommitted(id)).toBe(committed);
    await session.close();
  });
});

describeEngine('The recovery of a restore', 'postgres', (engine) => {
  it('ends the sessions that hold its marks, and none of another database that was made from the same template', async () => {
    const database = await engine.create();
    const dataSource = await new DataSource(database.options).initialize();
    const restores = postgresRestore(dataSource);
    const first = await restores.openRestore();
    await first.begin(randomUUID(), []);
    await first.commit();
    await first.close();
    await dataSource.destroy();
    const { url } = database.options as { url: string };
    const [name, twin] = [new URL(url).pathname.slice(1), `${new URL(url).pathname.slice(1)}_twin`];
    const admin = new pg.Client({ connectionString: process.env['TEST_PG_URL'] });
    await admin.connect();
    await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
    await admin.query(`CREATE DATABASE ${twin} TEMPLATE ${name}`);

    const hold = async (database: string) => {
      const client = new pg.Client({
        connectionString: Object.assign(new URL(url), { pathname: `/${database}` }).href,
      });
      const ended = new Promise<string>((resolve) => client.on('error', () => resolve('ended')));
      await client.connect();
      await client.query('BEGIN');
      await client.query(`INSERT INTO nestjs_backup_restore (id) VALUES ('held')`);
      return { client, ended };
    };
    const [here, there] = [await hold(name), await hold(twin)];
    const again = await new DataSource(database.options).initialize();
    expect(await postgresRestore(again).wasCommitted('held')).toBe(false);
    expect(await here.ended).toBe('ended');
    expect((await there.client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await there.client.end();
    await again.destroy();
    await admin.query(`DROP DATABASE ${twin}`);
    await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await admin.end();
  });
});
