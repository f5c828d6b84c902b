import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { STAGING_NAME } from '../archive/entry-names.js';
import { AuditService } from '../audit/audit.service.js';
import { NOBODY } from '../audit/audit-events.js';
import { DatabaseService } from '../database/database.service.js';
import type { DatabaseLock } from '../database/dialects/dialect.js';
import { borrowed } from '../database/held-lock.js';
import { BackupError } from '../errors/backup-error.js';
import { explain } from '../errors/explain.js';
import { directoryInUse } from '../errors/lock-errors.js';
import { storesUntil } from '../files/bounded-stores.js';
import { isLocal } from '../files/data-directory.js';
import { clearAll, finishAll, ownPending, type Report } from '../files/recover-files.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { visible } from '../support/visible-text.js';

/**
 * Finishes or undoes a restore that was interrupted: at the next start, and, since another process may have been killed since
 * then, whenever the backup lock is taken.
 */
@Injectable()
export class RecoveryService implements OnModuleInit {
  private readonly logger = new Logger(RecoveryService.name);

  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly databases: DatabaseService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Queries no store of files: what a restore began there takes effect only after the database has committed, and then there is
   * the mark.
   * @throws BackupError when files and database cannot be made to agree: the application does not start
   */
  async onModuleInit(): Promise<void> {
    const staged = this.options.dataDirs.filter(isLocal).some(({ path }) => existsSync(join(path, STAGING_NAME)));
    if (!staged && !(await this.databases.hasRestoreMarks())) return;
    try {
      const lock = await this.lock();
      await lock.release();
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'LOCKED') throw error;
      this.logger.warn(`A restore is running, or waiting to be recovered: ${explain(error)}`);
    }
  }

  /**
   * Takes the backup lock and makes sure that rows and files belong together. If no restore was interrupted, that costs one
   * `lstat` per local directory, two requests per store, and at most one query.
   * @param signal ends waiting for a store; recovery is then left to the next call
   * @param held the lock, where the caller has it already; it stays with the caller
   * @throws BackupError `LOCKED`, `DATABASE_UNAVAILABLE`, or why files and database cannot be made to agree
   */
  async lock(signal?: AbortSignal, held?: DatabaseLock): Promise<DatabaseLock> {
    const lock = held ? borrowed(held) : await this.databases.lock();
    try {
      await this.recover(signal);
      return lock;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  private readonly warn: Report = (problem) => this.logger.warn(explain(problem));

  private async recover(signal?: AbortSignal): Promise<void> {
    const { restores } = this.databases;
    const dataDirs = signal ? storesUntil(this.options.dataDirs, signal) : this.options.dataDirs;
    await restores.recover();
    let asked: Promise<string | undefined> | undefined;
    const identify = () => (asked ??= restores.identity());
    for (const pending of await ownPending(dataDirs, identify)) {
      const committed = await restores.wasCommitted(pending.id);
      const forget = () => restores.forget(pending.id);
      const { outcome, kept } = await finishAll(pending, committed, forget, this.warn);
      this.audit.record('restore.recovered', NOBODY, { id: pending.id, outcome });
      this.logger.warn(`Restore ${visible(pending.id)} was interrupted; it has now been ${outcome}.`);
      for (const path of kept) {
        this.logger.warn(`${visible(path)}: the application wrote it during the restore, and it was kept`);
      }
    }
    const [other] = await clearAll(dataDirs, identify, this.warn);
    if (other) throw directoryInUse(other.name, other.place);
  }
}
