import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BackupError, type BackupModuleOptions, type RestoreOptions, RestoreService } from 'nestjs-backup';
import { type DataSourceOptions, EventSubscriber, type MigrationInterface, type QueryRunner } from 'typeorm';
import { type BackupApp, backupApp, readBackup } from '../fixtures/backup.js';
import { describeEachEngine, describeEngine, type Engine, type TestDatabase } from '../fixtures/databases.js';
import { history, type MigrationClass, version } from '../fixtures/versioned-host.js';

const [V1, V2, V3] = history.map(({ name }) => name) as [string, string, string];
const MIGRATE = { migrationsRun: true };

/** A place that outlives the versions of the application that run on it. */
class Place {
  app!: BackupApp;

  private constructor(
    readonly database: TestDatabase,
    readonly files: string,
  ) {}

  static async create(engine: Engine): Promise<Place> {
    return new Place(await engine.create(), mkdtempSync(join(tmpdir(), 'nestjs-backup-versions-')));
  }

  async start(options: Partial<DataSourceOptions>, module: BackupModuleOptions = {}): Promise<BackupApp> {
    await this.app?.close();
    this.app = await backupApp(this.database, options, { ...module, dataDirs: { files: this.files } });
    return this.app;
  }

  /** Every row, counter and migration. */
  async state() {
    const { lines, manifest, migrations } = await this.app.backUp();
    return {
      lines: lines.map((line) => JSON.stringify(line)).toSorted(),
      columns: manifest.tables.map(({ name, columns }) => [name, columns]),
      sequences: manifest.sequences,
      migrations: migrations.applied.map(({ name }) => name),
      files: readdirSync(this.files).filter((name) => name !== '.nestjs-backup'),
    };
  }

  async archive(): Promise<Buffer> {
    return buffer((await this.app.service.create()).stream);
  }

  restore(archive: Buffer, options?: RestoreOptions) {
    return this.app.get(RestoreService).restore(Readable.from([archive]), options);
  }

  async close(): Promise<void> {
    await this.app?.close();
    await this.database.drop();
    rmSync(this.files, { recursive: true, force: true });
  }
}

async function fillVersion1({ app, files }: Place): Promise<void> {
  const { manager } = app.dataSource;
  await manager.insert('shelf', [{ name: 'novels' }, { name: 'atlases' }, { name: 'empty' }]);
  await manager.insert('book', [
    { title: 'Effi Briest', shelfId: 1 },
    { title: 'Der Zauberberg', shelfId: 1 },
    { title: 'Kozenn', shelfId: 2 },
    { title: 'lost', shelfId: null },
  ]);
  await manager.delete('book', { title: 'lost' });
  writeFileSync(join(files, 'cover.png'), 'cover');
}

/** A migration after version 3's. */
function migration(steps: Partial<MigrationInterface>): MigrationClass {
  return class implements MigrationInterface {
    name = 'Last1700000000004';
    up = steps.up ?? (async () => {});
    // A history written in JavaScript may lack it.
    down = 'down' in steps ? steps.down! : async () => {};
    transaction = steps.transaction;
  };
}

const places: Place[] = [];
const place = async (engine: Engine) => {
  const made = await Place.create(engine);
  places.push(made);
  return made;
};
afterEach(async () => {
  for (const made of places.splice(0)) await made.close();
});

/** An archive of version 1, and what its own database looks like once it is migrated to version 3. */
async function versionOne(engine: Engine): Promise<{ archive: Buffer; migrated: Awaited<ReturnType<Place['state']>> }> {
  const source = await place(engine);
  await source.start({ ...version(1), ...MIGRATE });
  await fillVersion1(source);
  const archive = await source.archive();
  // sql.js lives in its application.
  if (engine.name === 'sql.js') {
    const copy = await place(engine);
    await copy.start({ ...version(1), ...MIGRATE });
    await copy.restore(archive);
    return { archive, migrated: await copy.state() };
  }
  await source.start({ ...version(3), ...MIGRATE });
  return { archive, migrated: await source.state() };
}

describeEachEngine('a backup of version 1 in an application of version 3', (engine) => {
  const inMemory = engine.name === 'sql.js';
  const transactional = engine.family !== 'mysql';
  const expected = (target: Awaited<ReturnType<Place['state']>>, migrated: typeof target) =>
    inMemory ? expect(target.migrations).toEqual([V1, V2, V3]) : expect(target).toEqual(migrated);

  it('is restored into an empty database, and migrated like the original', async () => {
    const { archive, migrated } = await versionOne(engine);
    const target = await place(engine);
    await target.start(version(3));
    const report = await target.restore(archive);
    expect(report.migrations).toEqual({ reverted: [], run: [V1, V2, V3] });
    expected(await target.state(), migrated);
    const { manager } = target.app.dataSource;
    expect(await manager.findOneBy('book', { heading: 'Kozenn' })).toMatchObject({ length: 6, shelfId: 2 });
    expect(await manager.findOneBy('shelf', { name: 'novels' })).toMatchObject({ books: 2 });
    await manager.insert('book', { heading: 'next', shelfId: 1 });
  });

  it('is restored into an empty database of version 1', async () => {
    const { archive, migrated } = await versionOne(engine);
    const target = await place(engine);
    if (inMemory) return; // A version cannot follow another there.
    await target.start({ ...version(1), ...MIGRATE });
    await target.start(version(3));
    const report = await target.restore(archive);
    expect(report.migrations).toEqual({ reverted: [], run: [V2, V3] });
    expected(await target.state(), migrated);
  });

  it(transactional ? 'replaces a database of version 3' : 'is refused by a database of version 3', async () => {
    const { archive, migrated } = await versionOne(engine);
    const target = await place(engine);
    await target.start({ ...version(3), ...MIGRATE });
    await target.app.dataSource.manager.insert('shelf', { name: 'of version 3', books: 7 });
    writeFileSync(join(target.files, 'of version 3'), '');
    const before = await target.state();
    await expect(target.restore(archive)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    expect(await target.state()).toEqual(before);
    const replacing = target.restore(archive, { replace: true });
    if (transactional) {
      expect((await replacing).migrations).toEqual({ reverted: [V3, V2], run: [V2, V3] });
      expected(await target.state(), migrated);
    } else {
      await expect(replacing).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: new RegExp(`${V3}.*reverted.*empty database`, 's'),
      });
      expect(await target.state()).toEqual(before);
    }
  });

  it('of version 3 replaces the rows that migrations have written meanwhile', async () => {
    const source = await place(engine);
    await source.start({ ...version(3), ...MIGRATE });
    await source.app.dataSource.manager.insert('tag', { name: 'mine' });
    const archive = await source.archive();
    const target = await place(engine);
    await target.start(version(3));
    await target.restore(archive);
    expect(await target.state()).toEqual(await source.state());
  });

  it('is only tried by a dry run', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.start(version(3));
    const before = await target.state();
    const report = await target.restore(archive, { dryRun: true });
    expect(report.migrations.run).toEqual([V1, V2, V3]);
    expect(await target.state()).toEqual(before);
  });

  it('changes nothing when a migration fails on its rows, and quotes none', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    const failing = migration({
      up: async (runner) => {
        await runner.manager.insert('tag', { name: 'Effi Briest' });
        await runner.manager.insert('tag', { name: 'Effi Briest' });
      },
    });
    await target.start(version(3, [failing]));
    const before = await target.state();
    const error = await target.restore(archive).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'RESTORE_FAILED', message: /Last1700000000004/ });
    expect((error as BackupError).message).not.toContain('Effi');
    expect(await target.state()).toEqual(before);
  });
});

describeEachEngine('histories that do not lead to the application', (engine) => {
  it.each([
    ['opts out of transactions', { transaction: false }],
    ['has no `down`', { down: undefined as never }],
    [
      'cannot be reverted',
      {
        down: async () => {
          throw new Error('never again');
        },
      },
    ],
    ['commits by itself', { down: (runner: QueryRunner) => runner.query('/* now */ COMMIT') }],
  ])('a newer migration that %s', async (_, steps) => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.start({ ...version(3, [migration(steps)]), ...MIGRATE, migrationsTransactionMode: 'each' });
    await target.app.dataSource.manager.insert('tag', { name: 'mine' });
    const before = await target.state();
    await expect(target.restore(archive, { replace: true })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: /Last1700000000004.*empty database/s,
    });
    expect(await target.state()).toEqual(before);
  });

  it('an archive of newer code', async () => {
    const source = await place(engine);
    await source.start({ ...version(3), ...MIGRATE });
    const archive = await source.archive();
    const target = await place(engine);
    await target.start({ ...version(1), ...MIGRATE });
    await expect(target.restore(archive)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: new RegExp(`${V2}.*unknown to this application.*${V3}`, 's'),
    });
  });

  it('a schema that no migration made', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.start({ ...version(3), synchronize: true });
    await expect(target.restore(archive)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: /has run no migration, but has the table/,
    });
  });
});

describe.each(['postgres', 'better-sqlite3', 'sql.js'] as const)('a migration of a restore', (name) => {
  describeEngine('in a transaction', name, (engine) => {
    it('stays in it with transactions of its own and whatever it does over the data source, unseen by subscribers', async () => {
      const { archive } = await versionOne(engine);
      const target = await place(engine);
      const seen: string[] = [];
      @EventSubscriber()
      class Watch {
        afterQuery({ query }: { query: string }) {
          seen.push(query);
        }
        beforeInsert() {
          seen.push('insert');
        }
      }
      const up = async (runner: QueryRunner) => {
        await runner.manager.transaction((manager) => manager.insert('tag', { name: 'nested' }));
        await runner.connection.transaction((manager) => manager.insert('tag', { name: 'over the data source' }));
        await runner.connection.getRepository('tag').save({ name: 'over a repository' });
        const other = runner.connection.createQueryRunner();
        await other.startTransaction();
        await other.manager.insert('tag', { name: 'rolled back' });
        await other.rollbackTransaction();
        await other.release();
        expect(await runner.manager.count('tag')).toBe(4);
      };
      const failing = async (runner: QueryRunner) => {
        await up(runner);
        throw new Error('The last step.');
      };
      // Saving in the middle would end the transaction of sql.js.
      const saving = engine.name === 'sql.js' && {
        autoSave: true,
        location: join(target.files, '..', `${randomUUID()}.db`),
      };
      await target.start({ ...version(3, [migration({ up: failing })]), subscribers: [Watch], ...saving });
      const before = await target.state();
      seen.length = 0;
      await expect(target.restore(archive)).rejects.toMatchObject({ message: /The last step/ });
      expect(seen).toEqual([]);
      expect(await target.state()).toEqual(before);
      if (saving) return rmSync(saving.location, { force: true });
      await target.start({ ...version(3, [migration({ up })]), subscribers: [Watch] });
      seen.length = 0;
      await target.restore(archive);
      expect(seen).toEqual([]);
      const { manager } = target.app.dataSource;
      expect((await manager.find('tag')).map((tag) => Object.values(tag)[0]).toSorted()).toEqual([
        'nested',
        'over a repository',
        'over the data source',
        'seeded',
      ]);
    });
  });
});

describeEngine('migrations that PostgreSQL cannot run in one transaction', 'postgres', (engine) => {
  it.each([
    ['use a new enum value', [`ALTER TYPE mood ADD VALUE 'new'`, `INSERT INTO tag SELECT 'new'::mood::text`]],
    ['build an index concurrently', ['CREATE INDEX CONCURRENTLY slow ON tag (name)']],
  ])('%s', async (_, statements) => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.database.query(`CREATE TYPE mood AS ENUM ('old')`);
    const up = async (runner: QueryRunner) => {
      for (const sql of statements) await runner.query(sql);
    };
    await target.start(version(3, [migration({ up })]));
    const before = await target.state();
    await expect(target.restore(archive)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: /Last1700000000004.*one transaction/s,
    });
    expect(await target.state()).toEqual(before);
  });
});

describeEngine('migrations after the commit', 'mariadb', (engine) => {
  it('that fail leave the backup whole, at its own version', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.start({ ...version(1), ...MIGRATE });
    const up = async (runner: QueryRunner) => runner.query('SELECT * FROM nowhere');
    await target.start(version(3, [migration({ up })]));
    await expect(target.restore(archive)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: /Last1700000000004/,
    });
    const state = await target.state();
    expect(state).toMatchObject({ migrations: [V1, V2, V3], files: ['cover.png'] });
    expect((await readBackup(await target.archive())).of('book')).toHaveLength(3);
  });

  it('are refused while rows are there', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.start({ ...version(1), ...MIGRATE });
    await target.app.dataSource.manager.insert('shelf', { name: 'mine' });
    await target.start(version(3));
    const before = await target.state();
    await expect(target.restore(archive, { replace: true })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: /"shelf" hold rows.*empty database/s,
    });
    expect(await target.state()).toEqual(before);
  });
});
