import type { ArchiveService } from '../archive/archive.service.js';
import type { ArchiveWriter } from '../archive/archive-writer.js';
import { DATABASE_ENTRY, MANIFEST_ENTRY, MIGRATIONS_ENTRY, VERSION_ENTRY } from '../archive/entry-names.js';
import type { DatabaseLock } from '../database/dialects/dialect.js';
import type { DatabaseSnapshot } from '../database/database.js';
import { exportTable } from '../database/export-table.js';
import type { ResolvedBackupOptions } from '../options/backup-options.js';
import { ARCHIVE_FORMAT, type BackupManifest, type ManifestTable } from './manifest.js';

/** How far a backup is. */
export interface BackupProgress {
  readonly phase: 'database' | 'files';
  /** The table or data directory that is being read. */
  readonly name: string;
  /** Rows so far, in all tables. */
  readonly rows: number;
  /** Files so far, in all directories. */
  readonly files: number;
  /** Bytes read so far: lines and file contents, uncompressed. */
  readonly bytes: number;
}

type Changeable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Writes one archive, entry by entry, and gives back the snapshot and the lock before its last bytes. */
export class BackupRun {
  private readonly tables: ManifestTable[] = [];
  private readonly files: Record<string, { count: number; bytes: number }> = {};
  private readonly skipped: Array<{ path: string; reason: string }> = [];
  private readonly warnings: string[];
  private readonly progress: Changeable<BackupProgress> = { phase: 'database', name: '', rows: 0, files: 0, bytes: 0 };

  constructor(
    readonly id: string,
    private readonly createdAt: Date,
    private readonly options: ResolvedBackupOptions,
    private readonly archives: ArchiveService,
    private readonly writer: ArchiveWriter,
    private readonly database: DatabaseSnapshot,
    private readonly lock: DatabaseLock,
    private readonly onProgress: (progress: BackupProgress) => void,
  ) {
    this.warnings = [...database.plan.warnings];
  }

  async write(): Promise<BackupManifest> {
    const { snapshot, plan, migrations } = this.database;
    await this.writer.addBytes(VERSION_ENTRY, Buffer.from(this.options.appVersion));
    await this.writer.addBytes(MIGRATIONS_ENTRY, json(migrations));
    await this.writer.addStream(DATABASE_ENTRY, this.databaseLines());
    const sequences = await snapshot.sequences(plan.tables.map(({ table }) => table));
    // The files may take hours; the database does not have to keep its old row versions for them.
    await snapshot.close();
    await this.addFiles();
    await this.lock.release();

    const manifest: BackupManifest = {
      format: ARCHIVE_FORMAT,
      id: this.id,
      createdAt: this.createdAt.toISOString(),
      finishedAt: new Date().toISOString(),
      appVersion: this.options.appVersion,
      database: snapshot.server,
      tables: this.tables,
      sequences,
      files: this.files,
      entries: this.writer.entriesDigest(),
      skipped: this.skipped,
      warnings: this.warnings,
      complete: this.skipped.length === 0,
      ...(this.options.transformRow && { redacted: true }),
    };
    await this.writer.addBytes(MANIFEST_ENTRY, json(manifest));
    this.writer.finish();
    return manifest;
  }

  private async *databaseLines(): AsyncGenerator<Buffer> {
    for (const planned of this.database.plan.tables) {
      this.report({ phase: 'database', name: planned.model });
      const { table, model, entities, excluded } = planned;
      const exported = yield* exportTable(
        this.database.snapshot,
        planned,
        (rows, bytes) => this.report({ rows: this.progress.rows + rows, bytes: this.progress.bytes + bytes }),
        this.options.transformRow,
      );
      this.tables.push({
        name: model,
        schema: table.schema,
        table: table.name,
        entities,
        columns: table.columns
          .filter(({ generated }) => !generated)
          .map(({ name, type, encoding }) => ({ name, type, encoding })),
        primaryKey: table.primaryKey,
        ...exported,
        excluded,
        ...(table.constraints && { constraints: table.constraints }),
      });
    }
  }

  private async addFiles(): Promise<void> {
    for (const directory of this.options.dataDirs) {
      this.report({ phase: 'files', name: directory.name });
      const { count, bytes, skipped, warnings } = await this.archives.addDirectory(
        this.writer,
        directory,
        (size) => this.report({ files: this.progress.files + 1, bytes: this.progress.bytes + size }),
        this.database.ownFiles,
      );
      this.files[directory.name] = { count, bytes };
      this.skipped.push(...skipped);
      this.warnings.push(...warnings);
    }
  }

  private report(change: Partial<BackupProgress>): void {
    Object.assign(this.progress, change);
    this.onProgress({ ...this.progress });
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
