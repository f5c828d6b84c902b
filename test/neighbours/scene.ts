import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BackupStore, localDirectory, type StoreReport } from 'nestjs-backup';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { type BackupApp, backupApp } from '../fixtures/backup.js';
import { contentOf } from '../fixtures/content/index.js';
import type { Engine, TestDatabase } from '../fixtures/databases.js';
import { numbered, plant } from '../fixtures/files.js';
import { MARK, type Neighbour, type StartedNeighbour, startAll } from '../fixtures/neighbours/index.js';
import { goIn, type Way, type WayIn } from '../fixtures/neighbours/ways-in.js';
import { picture } from '../fixtures/picture.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { allowing } from '../fixtures/wait.js';
import { AnimalName, fillZoo, zooEntities } from '../fixtures/zoo.entities.js';

const FILES = 50;
/** As every archive keeps it. */
const MODIFIED = new Date('2021-02-03T04:05:06.000Z');
const FREE_WITHIN_MS = 20_000;
/** Without the view, of whose database TypeORM keeps the name in a row. */
const entities = { entities: zooEntities.filter((one) => one !== AnimalName), synchronize: true };

/** Whoever restores into it elsewhere. */
interface Fresh {
  readonly app: BackupApp;
  content(): Promise<object>;
  remove(): Promise<void>;
}

/** An application with rows, files and a destination, and its neighbours about. */
export class Scene {
  app!: BackupApp;
  private company: StartedNeighbour | undefined;

  private constructor(
    private readonly engine: Engine,
    readonly database: TestDatabase,
    private readonly wayIn: WayIn,
    private readonly folder: string,
  ) {}

  static async set(engine: Engine, way: Way, some: readonly Neighbour[]): Promise<Scene> {
    const database = await engine.create();
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-backup-neighbours-'));
    const leave = async (error: unknown): Promise<never> => {
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    };
    const scene = new Scene(engine, database, await goIn(way, database).catch(leave), folder);
    try {
      await scene.begin(some);
      return scene;
    } catch (error) {
      await scene.end().catch(() => {});
      throw error;
    }
  }

  get files(): string {
    return join(this.folder, 'files');
  }

  private get vault(): string {
    return join(this.folder, 'vault');
  }

  private async begin(some: readonly Neighbour[]): Promise<void> {
    for (const directory of [this.files, this.vault, join(this.files, 'own', 'deep')]) {
      mkdirSync(directory, { recursive: true });
    }
    plant(this.files, { 'own/a.txt': 'a' });
    plant(join(this.files, 'own', 'deep'), numbered(FILES));
    for (const path of readdirSync(this.files, { recursive: true, encoding: 'utf8' })) {
      utimesSync(join(this.files, path), MODIFIED, MODIFIED);
    }
    const options = await this.wayIn.options(this.database);
    // A database in memory goes with its DataSource.
    if (this.database.image) this.app = await this.start(options, this.files);
    const dataSource = this.database.image
      ? this.app.dataSource
      : await new DataSource({ ...options, ...entities } as DataSourceOptions).initialize();
    await fillZoo(dataSource);
    if (!this.database.image) await dataSource.destroy();
    const place = { engine: this.engine, database: this.database, options, files: this.files, vault: this.vault };
    this.company = await startAll(some, place);
    await this.wayIn.begin();
    this.app ??= await this.start(options, this.files);
  }

  private start(options: DataSourceOptions, files: string): Promise<BackupApp> {
    const destinations = { vault: localDirectory(this.vault) };
    return backupApp({ options }, entities, { dataDirs: { files }, destinations, encryptionKey: AES_KEY });
  }

  /** Every row, counter and file of the application's own. */
  content = () => this.contentOf(this.database, this.files);

  private async contentOf(database: TestDatabase, files: string): Promise<object> {
    const { tables, counters } = await contentOf(this.engine, database);
    const own = (all: object) => Object.fromEntries(Object.entries(all).filter(([name]) => !name.includes(MARK)));
    // Those of neighbours move while they are looked at.
    const names = readdirSync(files).filter((name) => !/^(neighbour|kept-by-restore-|\.nestjs-backup)/.test(name));
    return { tables: own(tables), counters: own(counters), names, files: picture(join(files, 'own')).split('\n') };
  }

  /** Tries again while another process of the same application recovers. */
  async whenFree<Result>(work: () => Promise<Result>): Promise<Result> {
    const until = performance.now() + allowing(FREE_WITHIN_MS);
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if ((error as { code?: string }).code !== 'LOCKED' || performance.now() > until) throw error;
        await sleep(50);
      }
    }
  }

  store(): Promise<StoreReport> {
    return this.whenFree(() => this.app.get(BackupStore).store({ destinations: ['vault'], aesKey: AES_KEY }));
  }

  /** The same application beside an empty database, without files, which reads the same destination. */
  async fresh(): Promise<Fresh> {
    const database = await this.engine.create();
    const files = join(this.folder, 'fresh');
    mkdirSync(files);
    const app = await this.start(await this.wayIn.options(database), files);
    return {
      app,
      content: () => this.contentOf(database, files),
      remove: async () => {
        await app.close();
        await database.drop();
      },
    };
  }

  /** Ends everybody, and fails when somebody was harmed. */
  async end(): Promise<void> {
    const harmed: unknown[] = [];
    for (const end of [() => this.app?.close(), () => this.company?.end(), () => this.wayIn.end()]) {
      await Promise.resolve(end()).catch((error: unknown) => harmed.push(error));
    }
    await this.database.drop();
    rmSync(this.folder, { recursive: true, force: true });
    if (harmed.length > 0) throw harmed[0];
  }
}
