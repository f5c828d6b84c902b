import { StagedDirectories } from '../archive/staging/staged-directories.js';
import { BackupError } from '../backup.errors.js';
import type { DatabaseService } from '../database/database.service.js';
import type { RestoreSession } from '../database/dialects/restore-dialect.js';
import type { DataDirectory, ResolvedBackupOptions } from '../options/backup-options.js';
import { matchDirectories, matchTables, refuseDatabaseInside, refuseFiles, refuseRows } from './check-target.js';
import { refuseWithoutRoom } from './check-room.js';
import { loadTables } from './load-tables.js';
import type { OpenedArchive } from './read/open-archive.js';
import { readTables } from './read/line-reader.js';
import type { RestoreOptions, RestoreProgress, RestoreReport } from './restore-report.js';
import { stageFiles } from './stage-files.js';

type Changeable<T> = { -readonly [Key in keyof T]: T[Key] };

/** One restore, under the backup lock. Until the database commits, nothing has changed; from then on nothing turns back. */
export class RestoreRun {
  private readonly progress: Changeable<RestoreProgress> = { phase: 'database', name: '', rows: 0, files: 0, bytes: 0 };

  constructor(
    private readonly id: string,
    private readonly archive: OpenedArchive,
    private readonly module: ResolvedBackupOptions,
    private readonly databases: DatabaseService,
    private readonly options: RestoreOptions,
  ) {}

  async run(): Promise<RestoreReport> {
    const { manifest } = this.archive;
    const directories = this.options.skipFiles ? [] : matchDirectories(manifest, this.module.dataDirs);
    const session = await this.databases.restores.openRestore(this.options.signal);
    const staged = new StagedDirectories(this.id, directories, this.options.replace);
    try {
      await this.prepare(session, staged, directories);
      if (!this.options.dryRun) await this.decide(session);
    } catch (error) {
      // What it cannot put back it has recorded: the next start does it.
      await session.close().catch(() => {});
      // What a commit of unknown outcome has staged is still needed; the next start decides.
      if (!(error instanceof BackupError && error.code === 'OUTCOME_UNKNOWN')) await staged.abandon();
      throw error;
    }
    await session.close();
    if (this.options.dryRun) await staged.abandon();
    else await this.takeEffect(staged);
    return this.report(directories, staged);
  }

  /** Everything that can fail. */
  private async prepare(
    session: RestoreSession,
    staged: StagedDirectories,
    directories: readonly DataDirectory[],
  ): Promise<void> {
    const { replace, skipDatabase } = this.options;
    const matched = skipDatabase ? [] : await this.match(session);
    await refuseDatabaseInside(directories, this.databases.ownFiles());
    if (!replace) {
      await refuseRows(session, matched);
      await refuseFiles(directories);
    }
    if (this.module.archiveLimits.expandedBytes === undefined) {
      await refuseWithoutRoom(this.archive.manifest, directories);
    }
    await session.begin(
      this.id,
      matched.map((match) => match.target),
    );
    if (!skipDatabase) {
      const tables = readTables(await this.archive.readLines(), this.archive.manifest, this.archive.limits);
      await loadTables(session, matched, tables, (name, rows) =>
        this.advance({ phase: 'database', name, rows: this.progress.rows + rows }),
      );
      await session.complete(this.archive.manifest.sequences);
    }
    await staged.prepare();
    await stageFiles(this.archive, directories, staged, (name, bytes) =>
      this.advance({ phase: 'files', name, files: this.progress.files + 1, bytes: this.progress.bytes + bytes }),
    );
    await staged.seal();
  }

  private async match(session: RestoreSession) {
    const target = await this.databases.describeTarget();
    return matchTables(this.archive.manifest, this.archive.migrations, session, target);
  }

  /** The commit is the moment from which the restore has happened. */
  private async decide(session: RestoreSession): Promise<void> {
    try {
      await session.commit();
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'OUTCOME_UNKNOWN') throw error;
      const committed = await this.databases.restores.wasCommitted(this.id).catch(() => undefined);
      if (committed === undefined) throw error;
      if (!committed) throw BackupError.restoreFailed('the connection was lost before the commit', error);
    }
  }

  private async takeEffect(staged: StagedDirectories): Promise<void> {
    await staged.swap();
    await staged.discardOld();
    await this.databases.restores.forget(this.id);
  }

  private report(directories: readonly DataDirectory[], { kept }: StagedDirectories): RestoreReport {
    const { manifest } = this.archive;
    const { skipDatabase = false, dryRun = false } = this.options;
    return {
      manifest,
      dryRun,
      tables: skipDatabase ? [] : manifest.tables.map(({ name, rows }) => ({ name, rows })),
      files: Object.fromEntries(directories.map(({ name }) => [name, manifest.files[name]!])),
      warnings: [
        ...manifest.warnings,
        ...kept.paths.map((path) => `${path}: the application wrote it during the restore, and it was kept`),
      ],
      complete: manifest.complete,
    };
  }

  private advance(change: Partial<RestoreProgress>): void {
    this.options.signal?.throwIfAborted();
    Object.assign(this.progress, change);
    this.options.onProgress?.({ ...this.progress });
  }
}
