import type { CatalogTable } from '../database/catalog-table.js';
import type { Database } from '../database/database.js';
import type { RestoreSession } from '../database/dialects/restore-dialect.js';
import { BackupError } from '../errors/backup-error.js';
import { explain } from '../errors/explain.js';
import { orIgnoreMigrations } from '../errors/migration-errors.js';
import { aborted } from '../errors/run-errors.js';
import { storesUntil } from '../files/bounded-stores.js';
import { isStore } from '../files/data-directory.js';
import type { RestoreTarget } from '../files/restore-target.js';
import { unsavedPaths } from '../files/restore-target.js';
import { RestoredFiles } from '../files/restored-files.js';
import { removeUnsealed } from '../files/store/pending-objects.js';
import type { LineSource } from '../jsonl/line-source.js';
import { readTables } from '../jsonl/reader.js';
import type { DataDirectory } from '../options/backup-options.js';
import type { ResolvedBackupOptions } from '../options/resolved-options.js';
import { ABORT_GRACE_MS } from '../support/deadline.js';
import { refuseWithoutRoom } from './check-room.js';
import { matchDirectories, refuseDatabaseInside } from './check-target.js';
import type { HeldRestoreOptions } from './held-restore.js';
import { knownConstraints, loadTables } from './load-tables.js';
import { makeReport } from './make-report.js';
import type { OpenedArchive } from './read/open-archive.js';
import { readBack, refuseReadBack } from './read-back.js';
import { RestoreCounter } from './restore-progress.js';
import type { RestoreOptions, RestoreReport } from './restore-report.js';
import { stageFiles } from './stage-files.js';
import { chooseStrategy } from './strategy/choose-strategy.js';
import { beginUnderLock, type MatchedTables, type RestoreStrategy } from './strategy/restore-strategy.js';
import { commit, removeOwnTable, takeEffect } from './take-effect.js';
import { TargetContent } from './target-content.js';

interface RestoreCallbacks extends Pick<HeldRestoreOptions, 'witness'> {
  readonly beforeReplacing?: () => Promise<void>;
}

/**
 * One restore, under the backup lock. Until the database commits, nothing has changed; from then on the restore only
 * goes forward.
 */
export class RestoreRun {
  private progress!: RestoreCounter;
  private content!: TargetContent;

  /** Ends every wait for a file store, until the restore has been decided. */
  private readonly undecided = new AbortController();
  private readonly giveUp = (): void => this.undecided.abort(aborted(this.options.signal?.reason));

  /** What could not be done, or is left to the next start. */
  private readonly remarks: string[] = [];

  private wasReadBack = false;

  /** The tables that were loaded. */
  private tables: readonly CatalogTable[] = [];

  constructor(
    private readonly id: string,
    private readonly archive: OpenedArchive,
    private readonly module: ResolvedBackupOptions,
    private readonly databases: Database,
    private readonly options: RestoreOptions & RestoreCallbacks,
  ) {}

  async run(): Promise<RestoreReport> {
    const { skipFiles, skipDatabase, dryRun, replace = false } = this.options;
    const dataDirs = storesUntil(this.module.dataDirs, this.undecided.signal);
    const directories = skipFiles ? [] : matchDirectories(this.archive.manifest, dataDirs);
    this.options.signal?.addEventListener('abort', this.giveUp, { once: true });
    if (this.options.signal?.aborted) this.giveUp();
    this.progress = this.count(directories);
    this.content = new TargetContent(directories, this.options);
    const strategy = skipDatabase ? undefined : await this.chooseStrategy();
    if (this.options.readBack && strategy?.translation) refuseReadBack();
    await refuseDatabaseInside(directories, this.databases.ownFiles());
    await refuseWithoutRoom(this.archive.manifest, directories, this.module.archiveLimits);
    const unsaved = unsavedPaths(this.archive.manifest.skipped);
    const staged = new RestoredFiles(this.id, directories, replace, () => this.databases.identity(), unsaved);
    // Only a dry run gets here with values that cannot be converted.
    if (strategy?.translation?.plan.problems.length) {
      await strategy.undo?.();
      await removeOwnTable(this.databases, directories);
      return this.report(directories, staged, strategy);
    }
    try {
      await this.content.countFiles(this.undecided.signal);
      await strategy?.prepare?.();
      await this.inTransaction(staged, directories, strategy);
    } catch (error) {
      // Whatever is staged for a commit of unknown outcome is still needed; the next start decides.
      if (error instanceof BackupError && error.code === 'OUTCOME_UNKNOWN') throw error;
      await staged.abandon();
      if (this.undecided.signal.aborted) await this.clearStores();
      // What remains are tables without rows; the next restore names them.
      await strategy?.undo?.().catch(() => {});
      await removeOwnTable(this.databases, directories);
      throw strategy?.plan.avoidable ? orIgnoreMigrations(error) : error;
    }
    if (dryRun) {
      await staged.abandon();
      await strategy?.undo?.();
      await removeOwnTable(this.databases, directories);
    } else {
      const { id, databases, tables } = this;
      this.remarks.push(...(await takeEffect(id, { databases, directories, staged, strategy, tables })));
    }
    return this.report(directories, staged, strategy);
  }

  private count(directories: readonly DataDirectory[]): RestoreCounter {
    const { skipDatabase, readBack, onProgress } = this.options;
    const names = directories.map(({ name }) => name);
    return new RestoreCounter(this.archive, names, skipDatabase ? 0 : readBack ? 2 : 1, (progress) => {
      this.refuseWhenEnded();
      onProgress?.(progress);
    });
  }

  private chooseStrategy(): Promise<RestoreStrategy> {
    const { progress } = this;
    return chooseStrategy(this.id, this.archive, this.databases, {
      ...this.options,
      onPlan: () => progress.readAgain(),
      onRead: (name, _, bytes) => progress.read('plan', name, bytes),
    });
  }

  private async inTransaction(
    staged: RestoreTarget,
    directories: readonly DataDirectory[],
    strategy: RestoreStrategy | undefined,
  ): Promise<void> {
    const session = await this.databases.restores.openRestore(this.options.signal);
    session.beforeReplacing = this.options.beforeReplacing;
    try {
      if (strategy) await this.restoreDatabase(session, strategy);
      else await this.beginWithoutRows(session);
      await this.stage(staged, directories);
      if (!this.options.dryRun) await this.decide(session);
    } catch (error) {
      // What it cannot restore to its previous state is recorded: the next start does it.
      await session.close().catch(() => {});
      throw error;
    }
    this.remarks.push(...session.warnings);
    await session.close().catch((error: unknown) => {
      if (this.options.dryRun) throw error;
      // The commit is final; what cannot be restored to its previous state yet is recorded, too.
      this.remarks.push(
        `The rows are restored, but something in the database is still suspended; the next start restores it (${explain(error)})`,
      );
    });
  }

  /** For the files alone. */
  private async beginWithoutRows(session: RestoreSession): Promise<void> {
    const refuse = () => this.content.check(session, []);
    await beginUnderLock(session, this.id, this.databases, { choose: () => [], refuse });
  }

  private async restoreDatabase(session: RestoreSession, strategy: RestoreStrategy): Promise<void> {
    // The first rows are read while the tables are locked and emptied.
    const lines = await this.archive.readLines({ findValues: session.bindsFound && !strategy.translation });
    try {
      const matched = await strategy.begin(session, this.content);
      await this.restoreRows(session, strategy, matched, lines);
    } finally {
      await lines.close();
    }
  }

  private async restoreRows(
    session: RestoreSession,
    strategy: RestoreStrategy,
    matched: MatchedTables,
    lines: LineSource,
  ): Promise<void> {
    const onRead = (name: string, rows: number, bytes: number) => this.progress.loaded(name, rows, bytes);
    const { manifest } = this.archive;
    const { translation } = strategy;
    // Another engine has other constraints, and redacted rows are not those of the source.
    if (!translation && !manifest.redacted) session.keepViolations?.(knownConstraints(manifest));
    const tables = readTables(lines, manifest, { onRead });
    await loadTables(session, matched, translation?.rows(tables) ?? tables);
    this.tables = matched.map(({ target }) => target);
    await session.complete(translation?.sequences ?? manifest.sequences);
    await this.readBack(session, matched, translation !== undefined);
    await strategy.complete?.(session);
  }

  /** At this point, since migrations may change the rows afterwards. */
  private async readBack(session: RestoreSession, matched: MatchedTables, translated: boolean): Promise<void> {
    if (!this.options.readBack && !session.mayAlterRows) return;
    if (translated) {
      this.remarks.push(
        'Something in the database may have changed rows while they were loaded; this could not be checked.',
      );
      return;
    }
    if (!this.options.readBack) this.progress.readAgain();
    await readBack(session, matched, (name, bytes) => this.progress.read('comparison', name, bytes));
    this.wasReadBack = true;
  }

  private async stage(staged: RestoreTarget, directories: readonly DataDirectory[]): Promise<void> {
    await staged.prepare();
    await stageFiles(this.archive, directories, staged, {
      onFile: (name, bytes) => this.progress.wrote(name, bytes),
      onPart: (name, bytes) => this.progress.wrotePart(name, bytes),
    });
    await staged.seal();
  }

  /** The restore takes effect with the commit. */
  private async decide(session: RestoreSession): Promise<void> {
    this.options.signal?.removeEventListener('abort', this.giveUp);
    this.undecided.signal.throwIfAborted();
    if (this.options.witness !== undefined) await session.witness(this.options.witness);
    await commit(session, this.id, this.databases);
  }

  /**
   * Stores interrupted by an abort get a moment for it; what they retain is removed by the next backup or restore.
   */
  private async clearStores(): Promise<void> {
    const dataDirs = storesUntil(this.module.dataDirs, AbortSignal.timeout(ABORT_GRACE_MS));
    await removeUnsealed(dataDirs.filter(isStore), this.id).catch(() => {});
  }

  private report(
    directories: readonly DataDirectory[],
    target: RestoreTarget,
    strategy: RestoreStrategy | undefined,
  ): RestoreReport {
    const { archive, options, remarks, wasReadBack } = this;
    const { replaced } = this.content;
    return makeReport(archive, { options, directories, target, strategy, remarks, wasReadBack, replaced });
  }

  /** Ended by the caller, or because the lock is lost. */
  private refuseWhenEnded(): void {
    const { signal } = this.options;
    if (signal?.aborted) throw aborted(signal.reason);
  }
}
