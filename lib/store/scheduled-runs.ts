import { Inject, Injectable, Logger } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';
import type { DatabaseLock } from '../database/dialects/dialect.js';
import { Maintenance } from '../maintenance/maintenance.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { untilAborted } from '../support/deadline.js';
import { BackupStore } from './backup-store.js';
import { findTarget, findTargets } from './open-stored.js';
import { retryWhileLocked } from './retry-while-locked.js';
import { SealsService } from './seals.service.js';
import type { StoreReport } from './store-archive.js';
import type { StoreMissingOptions } from './store-options.js';
import type { ScheduledRun } from './stored-manifest.js';
import { findRun, isStored, type StoredRun, storedRuns } from './stored-runs.js';

/**
 * The backups of scheduled runs, each made once however many processes are asked to make it. Encrypted to the option
 * `recipients`, or with the option `encryptionKey`.
 */
@Injectable()
export class ScheduledRuns {
  private readonly logger = new Logger(ScheduledRuns.name);

  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly backups: BackupStore,
    private readonly databases: DatabaseService,
    private readonly seals: SealsService,
    private readonly maintenance: Maintenance,
  ) {}

  /**
   * Makes the backup of a scheduled run unless it exists. Of all processes asked, one makes it; if that one dies,
   * another one does. Waits while another backup or restore is running.
   * @returns null when it already existed
   * @throws BackupError as `BackupStore.store`; what the option's function throws
   */
  async storeOnce(
    scheduled: ScheduledRun,
    { destinations, signal }: { readonly destinations: readonly string[]; readonly signal: AbortSignal },
  ): Promise<StoreReport | null> {
    const targets = destinations.map((name) => findTarget(this.options.destinations, name));
    const lock = await retryWhileLocked(
      () => this.lock(),
      signal,
      () => {},
    );
    try {
      const either = AbortSignal.any([signal, lock.lost]);
      const marks = await untilAborted(either, this.seals.knownMarks());
      if (await untilAborted(either, isStored(scheduled, targets, marks))) return null;
      const initiator = { via: 'schedule', user: scheduled.schedule } as const;
      const aesKey = await this.ownKey(either);
      const store = () => this.backups.store({ destinations, aesKey, initiator, scheduled, signal: either });
      const what = `The backup of schedule "${scheduled.schedule}"`;
      return await retryWhileLocked(store, either, () =>
        this.logger.log(`${what} is waiting for another backup or restore to finish.`),
      );
    } finally {
      await lock.release();
    }
  }

  /**
   * The same for each destination separately: makes the backup for those that lack it, and does not wait.
   * @returns which backup each of them has
   * @throws BackupError as `BackupStore.store`; `LOCKED`, also while another process is making it; `DESTINATION_FAILED`
   *   when one of the destinations does not have it (those that have it keep it); what the option's function throws
   */
  async storeMissing(scheduled: ScheduledRun, options: StoreMissingOptions): Promise<StoredRun[]> {
    const { destinations, signal, ...others } = options;
    const targets = findTargets(this.options.destinations, destinations);
    const lock = await this.lock();
    try {
      const either = AbortSignal.any([signal, lock.lost]);
      const marks = await untilAborted(either, this.seals.knownMarks());
      const places = await untilAborted(either, findRun(scheduled, targets, marks));
      // A destination that cannot be listed may have it.
      const lacking = places.filter(({ backup, error }) => !backup && !error).map(({ name }) => name);
      const store = async () => {
        const aesKey = await this.ownKey(either);
        return this.backups.store({ ...others, destinations: lacking, aesKey, scheduled, signal: either });
      };
      return storedRuns(places, lacking.length > 0 ? await store() : null);
    } finally {
      await lock.release();
    }
  }

  private async lock(): Promise<DatabaseLock> {
    this.maintenance.refuse();
    return this.databases.lock('schedule');
  }

  /** Undefined for backups that are encrypted to recipients, which takes no key. */
  private async ownKey(signal: AbortSignal): Promise<Buffer | undefined> {
    const { recipients, encryptionKey } = this.options;
    return recipients ? undefined : untilAborted(signal, Promise.resolve(encryptionKey?.()));
  }
}
