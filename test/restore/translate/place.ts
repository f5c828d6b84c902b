import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import type { DataSourceOptions } from 'typeorm';
import { type BackupApp, backupApp, readBackup } from '../../fixtures/backup.js';
import { type Content, contentOf } from '../../fixtures/content/index.js';
import { type Engine, type EngineName, engine, type TestDatabase } from '../../fixtures/databases.js';
import { everyday } from '../../fixtures/everyday.js';

export interface EnginePair {
  readonly title: string;
  readonly from: Engine;
  readonly to: Engine;
}

/** Both directions between every two engines; the everyday run has one of them. */
export function enginePairs(): EnginePair[] {
  const names: EngineName[] = ['postgres', 'mariadb', 'better-sqlite3'];
  const pairs = names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })));
  const described = pairs.map(({ from, to }) => ({ title: `${from} to ${to}`, from: engine(from), to: engine(to) }));
  return everyday(
    described.filter(({ from, to }) => from.available && to.available),
    1,
  );
}

export type Entities = DataSourceOptions['entities'];

/** An application on one engine, with a data directory. */
export class Place {
  private constructor(
    readonly engine: Engine,
    readonly database: TestDatabase,
    readonly files: string,
    readonly app: BackupApp,
  ) {}

  static async open(on: Engine, entities: Entities, dataSource: object = {}): Promise<Place> {
    const database = await on.create();
    const files = mkdtempSync(join(tmpdir(), 'nestjs-backup-translate-'));
    const options = { entities, synchronize: true, ...dataSource };
    const app = await backupApp(database, options, { dataDirs: { files }, unmappedTables: 'include' });
    return new Place(on, database, files, app);
  }

  async archive(): Promise<Buffer> {
    return buffer((await this.app.service.create()).stream);
  }

  restore(archive: Buffer, options: Parameters<RestoreService['restore']>[1] = {}) {
    return this.app.get(RestoreService).restore(Readable.from([archive]), { translate: true, ...options });
  }

  /** What the server says of it; TypeORM's own notes name the database. */
  async content(): Promise<Content> {
    const content = await contentOf(this.engine, this.database);
    const tables = Object.entries(content.tables).filter(([name]) => !name.endsWith('typeorm_metadata'));
    return { ...content, tables: Object.fromEntries(tables) };
  }

  /** Everything that a backup says of it, in an order of its own. */
  async state() {
    const { text, manifest, names } = await readBackup(await this.archive());
    return {
      lines: text['backup.jsonl']!.split('\n').toSorted(),
      sequences: manifest.sequences,
      files: names.filter((name) => name.startsWith('files/')).toSorted(),
    };
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.database.drop();
    rmSync(this.files, { recursive: true, force: true });
  }
}
