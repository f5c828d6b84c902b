import { buffer } from 'node:stream/consumers';
import { BackupLog, BackupService, CreateBackupLog1795392000000, HistoryService, RestoreService } from 'nestjs-backup';
import { DataSource, type DataSourceOptions, type MigrationInterface, type QueryRunner } from 'typeorm';
import { noteEntities } from '../fixtures/cli.js';
import { describeEngine, engine, engines } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { itUnless } from '../fixtures/unless.js';
import { until } from '../fixtures/wait.js';

const entities = [...noteEntities, BackupLog];
const retentionKey = secret('what only the application knows');
const byOps = { initiator: { via: 'http', user: 'ops', address: '127.0.0.1' } } as const;

class MakeNotes1600000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE note (id integer PRIMARY KEY AUTOINCREMENT NOT NULL, text text NOT NULL)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE note');
  }
}

for (const each of everyday(engines, 2)) {
  describeEngine('The history', each, () => {
    let host: StoringHost;
    const vault = new MemoryDestination();
    beforeAll(async () => {
      host = await StoringHost.start(
        each,
        { vault },
        { history: true, retention: { last: 1 }, retentionKey },
        { entities },
      );
    });
    afterAll(() => host.close());
    beforeEach(() => host.app.get(DataSource).getRepository(BackupLog).clear());
    const store = () => host.store.store({ destinations: ['vault'], ...byOps });
    /** So many rows, newest first, as soon as they are there. */
    const rows = async (count: number) => {
      const history = host.app.get(HistoryService);
      let items: readonly BackupLog[] = [];
      await until(
        `${count} rows`,
        async () => {
          items = (await history.page(1, 100)).items;
          return items.length >= count && items.every(({ state }) => state !== 'running');
        },
        5_000,
      );
      expect(items).toHaveLength(count);
      return items;
    };

    it('tells of a backup who, when, where and how much', async () => {
      const before = new Date();
      const { id } = await store();
      const [row] = await rows(1);
      expect(row).toEqual({
        ...{ id, kind: 'backup', state: 'success', via: 'http', user: 'ops', address: '127.0.0.1' },
        ...{ started: expect.any(Date), finished: expect.any(Date), rows: 3, files: 1, bytes: expect.any(Number) },
        ...{ backup: id, destination: 'vault', error: null, restoreTest: false },
      });
      // It is reckoned back from the end by whole milliseconds.
      expect(row!.started.getTime()).toBeGreaterThanOrEqual(before.getTime() - 1);
      expect(row!.finished!.getTime()).toBeGreaterThanOrEqual(row!.started.getTime());
      expect(row!.bytes).toBeGreaterThan(0);
    });

    it('is not in a backup, and a restore leaves it as it is, but for its own row', async () => {
      const { id, manifest } = await store();
      expect(manifest.tables.map(({ name }) => name)).toEqual(['note']);
      expect(manifest.warnings.filter((warning) => warning.includes('nestjs_backup_log'))).toEqual([]);
      await buffer((await host.app.get(BackupService).create()).stream);
      const earlier = await rows(2);
      const { files } = await host.app
        .get(RestoreService)
        .restore({ destination: 'vault', id }, { replace: true, ...byOps });
      expect(files).toMatchObject({ files: { count: 1 } });
      const [restore, ...others] = await rows(3);
      expect(restore).toMatchObject({ kind: 'restore', state: 'success', user: 'ops', backup: id, rows: 3 });
      expect(others).toEqual(earlier);
    });
  });

  describeEngine('The history of a host that is closed', each, () => {
    itUnless(each.name === 'sql.js' ? 'a sql.js database ends with its host' : undefined)(
      'has what was told last',
      async () => {
        const host = await StoringHost.start(each, { vault: new MemoryDestination() }, { history: true }, { entities });
        await host.store.store({ destinations: ['vault'] });
        await host.app.close();
        expect(await host.query('SELECT kind, state FROM nestjs_backup_log')).toEqual([
          { kind: 'backup', state: 'success' },
        ]);
        expect(host.logs()).not.toContain('to the history:');
        await host.close();
      },
    );
  });

  describeEngine('The migration of the history', each, () => {
    it('makes what the entity needs, and takes it away again', async () => {
      const database = await each.create();
      const options = { ...database.options, entities, migrations: [CreateBackupLog1795392000000] };
      const dataSource = await new DataSource(options as DataSourceOptions).initialize();
      await dataSource.runMigrations();
      const drift = await dataSource.driver.createSchemaBuilder().log();
      expect(drift.upQueries.map(({ query }) => query).filter((query) => query.includes('nestjs_backup_log'))).toEqual(
        [],
      );
      expect(await dataSource.getRepository(BackupLog).count()).toBe(0);
      await dataSource.undoLastMigration();
      await expect(dataSource.getRepository(BackupLog).count()).rejects.toThrow();
      await dataSource.destroy();
      await database.drop();
    });
  });
}

describe('The history', () => {
  let host: StoringHost;
  const sqlite = engine('better-sqlite3');
  const start = async (faults = {}, options = {}) => {
    const places = { vault: new MemoryDestination(faults), other: new MemoryDestination() };
    const given = { history: true, compressionLevel: 0, ...options };
    host = await StoringHost.start(sqlite, places, given, { entities });
    return places;
  };
  afterEach(() => host?.close());
  const repository = () => host.app.get(DataSource).getRepository(BackupLog);
  const states = async () =>
    (await repository().find({ order: { started: 'ASC', id: 'ASC' } })).map(({ kind, state }) => `${kind} ${state}`);

  it('shows a backup that runs, and how it was broken off when the host is closed', async () => {
    await start({ stallsAfter: 100_000 });
    await host.addBulk();
    const { id } = await host.store.begin({ destinations: ['vault'] });
    await until('it is there', async () => (await states()).length === 1, 5_000);
    expect(await repository().findOneBy({ id })).toMatchObject({ state: 'running', finished: null });
    await host.app.close();
    expect(await host.query('SELECT state, error FROM nestjs_backup_log')).toEqual([
      { state: 'failed', error: expect.stringContaining('ABORTED') },
    ]);
  });

  it('tells at the next backup of one whose process was killed', async () => {
    await start();
    const killed = { id: 'killed', kind: 'backup', state: 'running', via: 'code', started: new Date(0) } as const;
    await repository().insert(killed);
    await host.store.store({ destinations: ['vault'] });
    await until('both are told', async () => String(await states()) === 'backup failed,backup success', 5_000);
    const row = await repository().findOneByOrFail({ id: 'killed' });
    expect(row).toMatchObject({ error: expect.stringContaining('process ended'), finished: expect.any(Date) });
  });

  it('tells of failures with their code, and where a backup is not', async () => {
    await start({ archiveAfter: 10 });
    await expect(host.store.store({ destinations: ['vault'], aesKey: AES_KEY })).rejects.toThrow();
    await host.store.store({ destinations: ['vault', 'other'] });
    const restores = host.app.get(RestoreService);
    await expect(restores.verify({ destination: 'other', id: 'latest' }, { aesKey: AES_KEY })).rejects.toThrow();
    await expect(restores.restore({ destination: 'other', id: 'none' })).rejects.toThrow();
    await until('all are told', async () => (await states()).length === 4, 5_000);
    const found = await repository().find();
    expect(found.map(({ kind, destination, error }) => [kind, destination, error?.split(':')[0]]).toSorted()).toEqual([
      ['backup', null, 'DESTINATION_FAILED'],
      ['backup', 'vault (failed), other', 'DESTINATION_FAILED'],
      ['restore', null, 'ARCHIVE_INVALID'],
      ['verify', null, 'DECRYPTION_FAILED'],
    ]);
    expect(found.every(({ state }) => state === 'failed')).toBe(true);
    expect(JSON.stringify(found)).not.toContain(AES_KEY);
  });

  it('tells of verifications and of thinning out', async () => {
    await start({}, { retention: { last: 1 }, retentionKey });
    for (let time = 0; time < 2; time++) await host.store.store({ destinations: ['vault'] });
    await host.app.get(RestoreService).verify({ destination: 'vault', id: 'latest' });
    const { deleted, bytes } = await host.store.prune('vault');
    expect(deleted).toHaveLength(1);
    await until('all are told', async () => (await states()).length === 4, 5_000);
    expect(await repository().findOneBy({ kind: 'prune' })).toMatchObject({
      state: 'success',
      destination: 'vault',
      bytes,
    });
    expect(await repository().findOneBy({ kind: 'verify' })).toMatchObject({ state: 'success', rows: 3, files: 1 });
  });

  it('is not in the way when its table cannot be written', async () => {
    await start();
    await host.query('DROP TABLE nestjs_backup_log');
    expect(await host.store.store({ destinations: ['vault'] })).toMatchObject({ result: 'success' });
    await until('it is in the log', () => host.logs().includes('Could not write backup'), 5_000);
  });

  it('stays when a backup from before its migration is restored', async () => {
    const places = { vault: new MemoryDestination() };
    const before = {
      synchronize: false,
      migrationsRun: true,
      entities: noteEntities,
      migrations: [MakeNotes1600000000000],
    };
    const older = await StoringHost.start(sqlite, places, {}, before);
    const { id } = await older.store.store({ destinations: ['vault'] });
    await older.close();
    const now = { ...before, entities, migrations: [...before.migrations, CreateBackupLog1795392000000] };
    host = await StoringHost.start(sqlite, places, { history: true }, now);
    await host.store.store({ destinations: ['vault'] });
    await until('it is told', async () => String(await states()) === 'backup success', 5_000);
    const report = await host.app.get(RestoreService).restore({ destination: 'vault', id }, { replace: true });
    expect(report.migrations).toEqual({ reverted: [], run: [] });
    const told = ['backup success', 'restore success'];
    await until('it is told', async () => String((await states()).toSorted()) === String(told), 5_000);
  });

  it('is refused at startup when the DataSource does not know it, and is off by default', async () => {
    const without = { entities: noteEntities };
    const refused = StoringHost.start(sqlite, {}, { history: true }, without);
    await expect(refused).rejects.toThrow(/option "history": .*Add BackupLog to its entities, and CreateBackupLog\d+/);
    host = await StoringHost.start(sqlite, {}, {}, without);
    expect(() => host.app.get(HistoryService)).toThrow();
  });
});
