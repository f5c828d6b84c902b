import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BackupService, type FileStore, type RestoreOptions, type RestoreReport, RestoreService } from 'nestjs-backup';
import { RecoveryService } from '../../lib/recovery/recovery.service.js';
import { engine } from '../fixtures/databases.js';
import { plant } from '../fixtures/files.js';
import { picture } from '../fixtures/picture.js';
import { StoringHost } from '../fixtures/storing-host.js';

/** A host with notes, a local data directory `files`, and the data directory `pictures` in a store. */
export class StoreHost {
  private constructor(
    readonly host: StoringHost,
    readonly files: string,
  ) {}

  static async start(pictures: FileStore): Promise<StoreHost> {
    const files = await mkdtemp(join(tmpdir(), 'nestjs-backup-files-'));
    plant(files, { 'a.txt': 'local' });
    return new StoreHost(
      await StoringHost.start(engine('better-sqlite3'), {}, { dataDirs: { files, pictures } }),
      files,
    );
  }

  async backUp(): Promise<Buffer> {
    return buffer((await this.host.app.get(BackupService).create()).stream);
  }

  async restore(archive: Buffer, options: RestoreOptions = { replace: true }): Promise<RestoreReport> {
    return this.host.app.get(RestoreService).restore(Readable.from([archive], { objectMode: false }), options);
  }

  /** What the next start does. */
  async start(): Promise<void> {
    await this.host.app.get(RecoveryService, { strict: false }).onModuleInit();
  }

  /** What the next backup or restore does first. */
  async recover(): Promise<void> {
    const lock = await this.host.app.get(RecoveryService, { strict: false }).lock();
    await lock.release();
  }

  /** Makes the notes and the local files others than they were. */
  async change(label: string): Promise<void> {
    await this.host.query(`UPDATE note SET text = '${label}'`);
    plant(this.files, { 'a.txt': label, [`${label}.txt`]: label });
  }

  /** What there is beside the store; a ZIP rounds the times of files. */
  async local(): Promise<object> {
    return {
      notes: await this.host.query('SELECT text FROM note ORDER BY id'),
      files: picture(this.files).replaceAll(/ \d{13}(?:\.\d+)? /g, ' '),
    };
  }

  async close(): Promise<void> {
    await this.host.close();
    await rm(this.files, { recursive: true, force: true });
  }
}
