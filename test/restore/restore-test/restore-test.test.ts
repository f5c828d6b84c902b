import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BackupEvent, BackupLog, RestoreService } from 'nestjs-backup';
import { DataSource, EntitySchema } from 'typeorm';
import { DatabaseService } from '../../../lib/database/database.service.js';
import { scratchName } from '../../../lib/database/dialects/scratch.js';
import { scratchDirectoryName } from '../../../lib/restore/restore-test/scratch-directories.js';
import { noteEntities } from '../../fixtures/cli.js';
import { describeEngine, describeMysqlEngines, describeSomeEngines, type Engine } from '../../fixtures/databases.js';
import { plant } from '../../fixtures/files.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { AES_KEY } from '../../fixtures/secrets.js';
import { StoringHost } from '../../fixtures/storing-host.js';
import { until } from '../../fixtures/wait.js';
import { fillZoo, zooEntities } from '../../fixtures/zoo.entities.js';

const LATEST = { destination: 'vault', id: 'latest' };

/** What a restore test beside this host has left on the server. */
async function scratchDatabases(engine: Engine, host: StoringHost): Promise<unknown[]> {
  const { driver } = host.app.get(DataSource);
  const name = scratchName(driver.database ?? '');
  if (engine.family === 'postgres') {
    return host.query(`SELECT datname FROM pg_database WHERE datname = '${name}'`);
  }
  if (engine.family === 'mysql') return host.query(`SHOW DATABASES LIKE '${name}'`);
  const { database } = host.app.get(DataSource).options;
  if (typeof database !== 'string' || !existsSync(database)) return [];
  return readdirSync(dirname(database)).filter((name) => /scratch(?!.*lock)/.test(name));
}

describeMysqlEngines('a restore test', (engine) => {
  it('is refused where an entity names its database, which would be the application’s', async () => {
    const columns = { id: { type: 'integer', primary: true } } as const;
    const database = await engine.create();
    const own = new EntitySchema({
      name: 'Own',
      columns,
      database: new URL((database.options as { url: string }).url).pathname.slice(1),
    });
    const vault = new MemoryDestination();
    const host = await StoringHost.start(
      { ...engine, create: async () => database },
      { vault },
      {},
      { entities: [...noteEntities, own] },
    );
    await host.store.store({ destinations: ['vault'] });
    await expect(host.app.get(RestoreService).verify(LATEST, { restore: true })).rejects.toMatchObject({
      code: 'RESTORE_TEST_FAILED',
      message: expect.stringMatching(/entity Own names its database/),
    });
    await host.close();
  });
});

describeEngine('a restore test', 'postgres', (engine) => {
  it.each([
    ['fields beside an empty URL', (url: URL) => ({ url: '', ...fields(url) })],
    [
      'a URL without a host',
      (url: URL) => ({
        url: `postgres://${url.username}:${url.password}@${url.pathname}?host=${url.hostname}&port=${url.port}`,
      }),
    ],
    ['a connection string of the driver', (url: URL) => ({ url: undefined, extra: { connectionString: url.href } })],
  ])('finds the server by %s', async (_, address) => {
    const database = await engine.create();
    const options = { ...database.options, ...address(new URL((database.options as { url: string }).url)) };
    const create = async () => ({ ...database, options: options as typeof database.options });
    const host = await StoringHost.start({ ...engine, create }, { vault: new MemoryDestination() });
    await host.store.store({ destinations: ['vault'] });
    const report = await host.app.get(RestoreService).verify(LATEST, { restore: true });
    expect(report.restoreTest).toBe(true);
    await host.close();
  });
});

function fields({ hostname, port, username, password, pathname }: URL) {
  return { host: hostname, port: Number(port), username, password, database: pathname.slice(1) };
}

describeSomeEngines('a restore test', 2, (engine) => {
  let host: StoringHost;
  let vault: MemoryDestination;
  const restores = () => host.app.get(RestoreService);
  const entities = [...noteEntities, ...zooEntities, BackupLog];
  const left = () => readdirSync(dirname(host.files)).filter((name) => name === scratchDirectoryName(host.files));

  beforeEach(async () => {
    vault = new MemoryDestination();
    host = await StoringHost.start(engine, { vault }, { history: true, encryptionKey: AES_KEY }, { entities });
    await fillZoo(host.app.get(DataSource));
    plant(host.files, { 'deep/ä.txt': 'umlaut', 'large.bin': Buffer.alloc(300_000, 'large') });
  });
  afterEach(() => host.close());

  const tests = () =>
    host.events().filter((event): event is BackupEvent & { restoreTest?: true } => 'restoreTest' in event);

  it('restores beside the application, says so, and leaves nothing behind', async () => {
    const { manifest } = await host.store.store({ destinations: ['vault'], aesKey: AES_KEY });
    await host.query(`DELETE FROM note WHERE text = 'two'`);
    plant(host.files, { 'new.txt': 'new' });
    const before = await host.query('SELECT * FROM note');

    const report = await restores().verify(LATEST, { aesKey: AES_KEY, restore: true });
    expect(report).toMatchObject({ restoreTest: true, manifest: { id: manifest.id } });
    expect(await host.query('SELECT * FROM note')).toEqual(before);
    expect(existsSync(join(host.files, 'new.txt'))).toBe(true);
    expect({ left: left(), databases: await scratchDatabases(engine, host) }).toEqual({ left: [], databases: [] });

    expect(tests()).toMatchObject([{ event: 'verify.finished', backup: manifest.id, result: 'success' }]);
    await until('the history has it', async () => {
      const rows = await host.query(`SELECT restore_test FROM nestjs_backup_log WHERE kind = 'verify'`);
      return rows.length === 1 && Boolean(rows[0]!['restore_test']);
    });
    const [stored] = await host.store.list('vault');
    expect(stored!.testedAt!.getTime()).toBeGreaterThan(Date.now() - 60_000);
  });

  it('is none where every byte was only read', async () => {
    await host.store.store({ destinations: ['vault'] });
    expect(await restores().verify(LATEST)).toMatchObject({ restoreTest: false });
    expect(tests()).toEqual([]);
    expect((await host.store.list('vault'))[0]).toMatchObject({ testedAt: null });
  });

  it('removes first what a killed one has left', async () => {
    await host.store.store({ destinations: ['vault'] });
    const killed = await host.app.get(DatabaseService, { strict: false }).createScratch([]);
    const report = await restores().verify(LATEST, { restore: true });
    expect(report.restoreTest).toBe(true);
    await killed.drop().catch(() => {});
    expect(await scratchDatabases(engine, host)).toEqual([]);
  });

  it('takes a directory for its files, and waits for no other restore test', async () => {
    await host.store.store({ destinations: ['vault'] });
    const scratch = host.files;
    await expect(restores().verify(LATEST, { restore: true, scratch: join(scratch, 'nowhere') })).rejects.toMatchObject(
      {
        code: 'RESTORE_TEST_FAILED',
        message: expect.stringContaining('--scratch'),
      },
    );
    const lock = await host.app.get(DatabaseService, { strict: false }).lock('restore-test');
    await expect(restores().verify(LATEST, { restore: true })).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
    expect(await scratchDatabases(engine, host)).toEqual([]);
  });
});
