import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type BackupModuleOptions, type RestoreOptions, RestoreService } from 'nestjs-backup';
import type { DataSourceOptions, MigrationInterface } from 'typeorm';
import { DatabaseService } from '../../../lib/database/database.service.js';
import { locationKey } from '../../../lib/database/table-location.js';
import { type BackupApp, backupApp } from '../../fixtures/backup.js';
import type { Engine, TestDatabase } from '../../fixtures/databases.js';
import { history, type MigrationClass, version } from '../../fixtures/versioned-host.js';

export const [V1, V2, V3] = history.map(({ name }) => name) as [string, string, string];
export const MIGRATE = { migrationsRun: true };

export type State = Awaited<ReturnType<Place['state']>>;

/** A place that outlives the versions of the application that run on it. */
export class Place {
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
    const files = readdirSync(this.files).filter((name) => name !== '.nestjs-backup');
    const { tables, mapped, migrations: record } = await this.app.get(DatabaseService).describeTarget();
    const names = record.applied.map(({ name }) => name);
    // Before its first migration there is nothing that a backup could be made of.
    if (!tables.some((table) => mapped.has(locationKey(table)))) {
      return { lines: [], columns: tables.map(({ name }) => [name, []]), sequences: [], migrations: names, files };
    }
    const { lines, manifest, migrations } = await this.app.backUp();
    return {
      lines: lines.map((line) => JSON.stringify(line)).toSorted(),
      columns: manifest.tables.map(({ name, columns }) => [name, columns]),
      sequences: manifest.sequences,
      migrations: migrations.applied.map(({ name }) => name),
      files,
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

export async function fillVersion1({ app, files }: Place): Promise<void> {
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
export function migration(steps: Partial<MigrationInterface>): MigrationClass {
  return class implements MigrationInterface {
    name = 'Last1700000000004';
    up = steps.up ?? (async () => {});
    // A history written in JavaScript may lack it.
    down = 'down' in steps ? steps.down! : async () => {};
    transaction = steps.transaction;
  };
}

/** What the tests of a file need; ended after each of them. */
export function versionsSuite() {
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
  async function versionOne(engine: Engine): Promise<{ archive: Buffer; migrated: State }> {
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

  return { place, versionOne };
}
