import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ReadBackup, readBackup } from '../../fixtures/backup.js';
import type { Engine, TestDatabase } from '../../fixtures/databases.js';
import { plant } from '../../fixtures/files.js';
import { OnlineHost, type OnlineHostSetup } from './online-host.js';

/** A database, a destination and a data directory for each test, and hosts on them. */
export class Place {
  private readonly folder = mkdtempSync(join(tmpdir(), 'nestjs-backup-online-'));
  private readonly hosts: OnlineHost[] = [];

  private constructor(readonly database: TestDatabase) {
    plant(this.folder, { vault: null, files: null });
  }

  static async make(engine: Engine): Promise<Place> {
    return new Place(await engine.create());
  }

  get vault(): string {
    return join(this.folder, 'vault');
  }

  get files(): string {
    return join(this.folder, 'files');
  }

  private get health(): string {
    return join(this.folder, 'health');
  }

  /** What the application's health check says from now on: `slow` is well, half a second later. */
  is(health: 'well' | 'slow' | 'sick'): void {
    writeFileSync(this.health, health);
  }

  async start(setup: Partial<OnlineHostSetup> = {}): Promise<OnlineHost> {
    const { vault, files, health } = this;
    const host = await OnlineHost.start({ database: this.database.options, vault, files, health, ...setup });
    this.hosts.push(host);
    return host;
  }

  /** Rows, and a file, that tell one state from another. */
  async put(state: string, rows = 3): Promise<void> {
    plant(this.files, { 'state.txt': state });
    await this.database.query('DELETE FROM note');
    for (let at = 0; at < rows; at += 500) {
      const values = Array.from({ length: Math.min(500, rows - at) }, (_, n) => `('${state} ${at + n}')`);
      await this.database.query(`INSERT INTO note (text) VALUES ${values.join(', ')}`);
    }
  }

  async texts(): Promise<string[]> {
    return (await this.database.query<{ text: string }>('SELECT text FROM note ORDER BY id')).map(({ text }) => text);
  }

  /** Of rows and files. */
  async digest(): Promise<string> {
    const rows = await this.database.query('SELECT id, text FROM note ORDER BY id');
    const files = readdirSync(this.files)
      .filter((name) => name !== '.nestjs-backup')
      .toSorted()
      .map((name) => [name, readFileSync(join(this.files, name), 'utf8')]);
    return createHash('sha256')
      .update(JSON.stringify([rows, files]))
      .digest('hex');
  }

  /** A backup of the vault. */
  async read(id: string): Promise<ReadBackup> {
    const name = readdirSync(this.vault).find((one) => one.includes(id) && one.endsWith('.zip'));
    return readBackup(readFileSync(join(this.vault, name!)));
  }

  async close(): Promise<void> {
    for (const host of this.hosts) await host.kill();
    await this.database.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Declares a place for each test of the suite. */
export function onlineSuite(engine: Engine): () => Place {
  let place: Place;
  beforeEach(async () => {
    place = await Place.make(engine);
  });
  afterEach(() => place.close());
  return () => place;
}
