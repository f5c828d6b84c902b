import type { ArchiveWriter } from '../archive/archive-writer.js';
import {
  DATABASE_ENTRY,
  MANIFEST_ENTRY,
  MIGRATIONS_ENTRY,
  SIGNATURE_ENTRY,
  VERSION_ENTRY,
} from '../archive/entry-names.js';
import { sha256Of } from '../archive/files-digest.js';
import type { RunProgress } from '../audit/run-progress.js';
import { ARCHIVE_NAMESPACE } from '../crypto/signature/public-key.js';
import type { SigningKey } from '../crypto/signature/signing-key.js';
import type { DatabaseSnapshot } from '../database/database.js';
import type { DatabaseLock } from '../database/dialects/dialect.js';
import { exportedLines, LineSums } from '../database/export-table.js';
import { signingFailed } from '../errors/signature-errors.js';
import type { ArchiveService } from '../files/archive.service.js';
import { measureFiles } from '../files/read/measure-files.js';
import { ARCHIVE_FORMAT, type BackupManifest, type ManifestFiles, type ManifestTable } from '../manifest/manifest.js';
import type { ResolvedBackupOptions } from '../options/resolved-options.js';
import { ExpectedAmounts } from './expected-amounts.js';

/** The progress of a backup. */
export interface BackupProgress extends RunProgress {
  readonly phase: 'database' | 'files';
  /** Bytes read so far: lines and file contents, uncompressed. */
  readonly bytes: number;
  /** Estimates, with the option `estimate`; null without it, and until the files are counted. */
  readonly total: RunProgress['total'];
}

type SoFar = Omit<BackupProgress, 'total' | 'work'>;
type Changeable<T> = { -readonly [Key in keyof T]: T[Key] };

const UNPROVEN = 'the package archiver is not as expected, so names, modes and times of files cannot be proven';
const NO_ROWS = { rows: 0, bytes: 0 };

/** What a backup is made with. */
export interface BackupParts {
  readonly id: string;
  readonly createdAt: Date;
  readonly options: ResolvedBackupOptions;
  readonly archives: ArchiveService;
  readonly writer: ArchiveWriter;
  readonly database: DatabaseSnapshot;
  readonly lock: DatabaseLock;
  readonly signingKey: SigningKey | null;
}

export interface BackupWatcher {
  readonly onProgress: (progress: BackupProgress) => void;
  /** Ends the counting of the files; null when no estimates are wanted. */
  readonly estimateUntil: AbortSignal | null;
}

/** Writes one archive, entry by entry, and releases the snapshot and the lock before its last bytes. */
export class BackupRun {
  private readonly tables: ManifestTable[] = [];
  private readonly files: Record<string, ManifestFiles> = {};
  private readonly skipped: Array<{ path: string; reason: string }> = [];
  private readonly warnings: string[];
  private readonly progress: Changeable<SoFar> = { phase: 'database', name: '', rows: 0, files: 0, bytes: 0 };
  private expected: ExpectedAmounts | null = null;

  constructor(
    private readonly parts: BackupParts,
    private readonly watcher: BackupWatcher,
  ) {
    this.warnings = [...parts.database.plan.warnings];
  }

  get id(): string {
    return this.parts.id;
  }

  async write(): Promise<BackupManifest> {
    const { snapshot, plan, migrations } = this.parts.database;
    if (this.watcher.estimateUntil) await this.estimate(this.watcher.estimateUntil);
    const [version, migrated] = [Buffer.from(this.parts.options.appVersion), json(migrations)];
    await this.parts.writer.addBytes(VERSION_ENTRY, version);
    await this.parts.writer.addBytes(MIGRATIONS_ENTRY, migrated);
    await this.parts.writer.addStream(DATABASE_ENTRY, this.databaseLines());
    const sequences = await snapshot.sequences(plan.tables.map(({ table }) => table));
    // The files may take hours; the database should not keep its old row versions for them.
    await snapshot.close();
    await this.addFiles();
    await this.parts.lock.release();

    const manifest: BackupManifest = {
      format: ARCHIVE_FORMAT,
      id: this.parts.id,
      createdAt: this.parts.createdAt.toISOString(),
      finishedAt: new Date().toISOString(),
      appVersion: this.parts.options.appVersion,
      database: snapshot.server,
      tables: this.tables,
      sequences,
      files: this.files,
      entries: this.parts.writer.entriesDigest(),
      ...(this.parts.signingKey && {
        digests: { [VERSION_ENTRY]: digestOf(version), [MIGRATIONS_ENTRY]: digestOf(migrated) },
        signer: this.parts.signingKey.publicKey.fingerprint,
      }),
      skipped: this.skipped,
      warnings: this.warnings,
      complete: this.skipped.length === 0,
      ...(this.parts.options.transformRow && { redacted: true }),
    };
    const text = json(manifest);
    if (this.parts.signingKey && manifest.entries === undefined) throw signingFailed(UNPROVEN);
    // Before it is written, so that what asks for it may take its time.
    const signature = await this.parts.signingKey?.sign(text, ARCHIVE_NAMESPACE);
    await this.parts.writer.addBytes(MANIFEST_ENTRY, text);
    if (signature !== undefined) await this.parts.writer.addBytes(SIGNATURE_ENTRY, Buffer.from(signature));
    this.parts.writer.finish();
    return manifest;
  }

  private async *databaseLines(): AsyncGenerator<Buffer> {
    for (const planned of this.parts.database.plan.tables) {
      this.expected?.nextTable();
      this.begin('database', planned.model);
      const { table, model, entities, excluded } = planned;
      const sums = new LineSums(model);
      for await (const block of exportedLines(this.parts.database.snapshot, planned, this.parts.options.transformRow)) {
        sums.add(block);
        this.expected?.addLines(block.count, block.bytes.length);
        this.progress.rows += block.count;
        this.progress.bytes += block.bytes.length;
        this.report();
        yield block.bytes;
      }
      this.tables.push({
        name: model,
        schema: table.schema,
        table: table.name,
        entities,
        columns: table.columns
          .filter(({ generated }) => !generated)
          .map(({ name, type, encoding }) => ({ name, type, encoding })),
        primaryKey: table.primaryKey,
        ...sums.total(),
        excluded,
        ...(table.constraints && { constraints: table.constraints }),
      });
    }
    this.expected?.nextTable();
  }

  /** The server's estimates are available immediately; the files are counted while the rows are read. */
  private async estimate(signal: AbortSignal): Promise<void> {
    const { snapshot, plan, ownFiles } = this.parts.database;
    const sizes = await snapshot.sizes(plan.tables.map(({ table }) => table));
    const expected = new ExpectedAmounts(sizes.map((size, at) => (plan.tables[at]!.excluded ? NO_ROWS : size)));
    this.expected = expected;
    void measureFiles(this.parts.options.dataDirs, ownFiles, signal).then((files) => files && expected.addFiles(files));
  }

  private async addFiles(): Promise<void> {
    for (const directory of this.parts.options.dataDirs) {
      this.begin('files', directory.name);
      const { count, bytes, skipped, warnings } = await this.parts.archives.addDirectory(
        this.parts.writer,
        directory,
        (size) => {
          this.progress.files++;
          this.progress.bytes += size;
          this.report();
        },
        this.parts.database.ownFiles,
        (part) => this.report(part),
      );
      this.files[directory.name] = { count, bytes, digest: this.parts.writer.filesDigest(directory.name) };
      this.skipped.push(...skipped);
      this.warnings.push(...warnings);
    }
  }

  private begin(phase: BackupProgress['phase'], name: string): void {
    this.progress.phase = phase;
    this.progress.name = name;
    this.report();
  }

  /** @param part bytes of a file being read, which count once the whole file is saved */
  private report(part = 0): void {
    const { phase, name, rows, files, bytes } = this.progress;
    const done = bytes + part;
    const expected = this.expected?.total;
    // There may be more than was expected.
    const total = expected
      ? {
          rows: Math.max(rows, expected.rows),
          files: Math.max(files, expected.files),
          bytes: Math.max(done, expected.bytes),
        }
      : null;
    // Called for each file, so field by field: spreading costs as much as reading a small file.
    this.watcher.onProgress({ phase, name, rows, files, bytes, total, work: { done, total: total?.bytes ?? null } });
  }
}

function digestOf(content: Buffer): string {
  return `sha256:${sha256Of(content).toString('hex')}`;
}

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
