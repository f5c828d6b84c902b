import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { AuditedPrune } from '../audit/audited-prune.js';
import type { AuditedRun } from '../audit/audited-run.js';
import type { Backup } from '../backup/backup.js';
import { BackupService } from '../backup/backup.service.js';
import { explain } from '../errors/explain.js';
import { aborted } from '../errors/run-errors.js';
import { wrongUsage } from '../errors/usage-errors.js';
import { HooksService } from '../hooks/hooks.service.js';
import { checkCallOptions } from '../options/call-options.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { authenticate, mayBeOwn, sealedSince } from './authenticate.js';
import type { Marks } from './marks.js';
import { findTarget, findTargets, isTrusted, MOST_LOOKED_INTO } from './open-stored.js';
import { type PruneReport, prune } from './prune.js';
import { SealsService } from './seals.service.js';
import { type NamedDestination, type StoreReport, storeArchive } from './store-archive.js';
import { type PruneOptions, STORE_OPTIONS, type StoreBackupOptions, type StoringBackup } from './store-options.js';
import { listBackups, type StoredBackup } from './stored-backups.js';
import type { ScheduledRun } from './stored-manifest.js';

export type { PruneOptions, StoreBackupOptions, StoringBackup };

const NO_RETENTION = { problem: 'the option "retention" is not set', remedy: 'Set it in BackupModule.' };
/** Nothing is deleted on the word of anyone who can write to a destination. */
const NO_KEY = {
  problem:
    'without a key, backups of this application cannot be told from objects that others have put there, so none is deleted',
  remedy: 'Set the option retentionKey or encryptionKey of BackupModule: backups stored from then on are sealed.',
};

const NO_VALUE =
  'the option encryptionKey is present but has no value. Set the environment variable that it comes from.';

/** How long a closing application waits for destinations to finish cleanly, in milliseconds. */
const LAST_WORK_MS = 10_000;

/** Makes backups in destinations, and finds them there. */
@Injectable()
export class BackupStore implements OnModuleDestroy {
  private readonly logger = new Logger(BackupStore.name);
  private readonly running = new Map<Promise<unknown>, AbortController>();
  private isClosing = false;

  /** @internal */
  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly backups: BackupService,
    private readonly audit: AuditService,
    private readonly hooks: HooksService,
    private readonly seals: SealsService,
  ) {}

  /**
   * Makes a backup and stores it in one or more destinations, reading the data once. Aborted when the application is
   * closed.
   * @throws BackupError as `BackupService.create`; the failure of the backup itself; `DESTINATION_FAILED` when no
   *   destination stored it
   */
  async store(options: StoreBackupOptions): Promise<StoreReport> {
    return (await this.begin(options)).done;
  }

  /**
   * The same, but resolves as soon as the lock and the snapshot have been obtained; the work continues.
   * @throws BackupError as `BackupService.create`
   */
  async begin(asked: StoreBackupOptions): Promise<StoringBackup> {
    checkCallOptions('store', asked, STORE_OPTIONS);
    // Not in the signature: the published one would name what is @internal.
    const { destinations, signal, scheduled, ...options } = asked;
    const targets = findTargets(this.options.destinations, destinations);
    const stop = new AbortController();
    const abort = () => stop.abort(signal?.reason);
    if (signal?.aborted || this.isClosing) abort();
    signal?.addEventListener('abort', abort, { once: true });
    const audited = this.backups.announce(options);
    // Destinations may have to do long after the backup has been read.
    const { cancelled } = audited;
    cancelled.addEventListener('abort', () => stop.abort(cancelled.reason), { once: true });
    const marks = this.marksFor(audited);
    const begun = marks.then(() => this.backups.begin(audited, { ...options, signal: stop.signal }));
    const done = begun
      .then(async (backup) => this.finish(backup, targets, audited, await marks, stop.signal, scheduled))
      .finally(async () => {
        await this.hooks.settled(audited);
        signal?.removeEventListener('abort', abort);
        this.running.delete(done);
      });
    this.running.set(done, stop);
    // The log and the events report it as well.
    done.catch(() => {});
    return { id: (await begun).id, done };
  }

  /**
   * What a destination holds, newest first, including backups that are broken or still being written.
   * @throws BackupError `WRONG_USAGE` when there is no such destination, `DESTINATION_FAILED`
   */
  async list(destination: string): Promise<StoredBackup[]> {
    const { name, destination: found } = findTarget(this.options.destinations, destination);
    if (this.options.isKeyMissing) this.logger.warn(`Whose backups these are cannot be told: ${NO_VALUE}`);
    const [backups, known] = await Promise.all([
      this.seals.knownMarks(null).then((marks) => listBackups(name, found, marks)),
      this.seals.keyIds(),
    ]);
    return backups.map((backup) => knowingKeys(backup, known));
  }

  /**
   * From the list of a destination, the newest backup that is complete, not redacted, and certainly this application's.
   * @internal
   */
  async newestGood(destination: string, newestFirst: readonly StoredBackup[]): Promise<StoredBackup | undefined> {
    const good = newestFirst.filter(({ result, manifest }) => result === 'success' && !manifest?.redacted);
    const known = good.find(isTrusted);
    if (known || good.length === 0) return known;
    const target = findTarget(this.options.destinations, destination);
    const looking = { keys: await this.seals.openingKeys(), sealedSince: sealedSince(newestFirst) };
    const inQuestion = good.filter((one) => mayBeOwn(one, looking.sealedSince));
    for (const one of inQuestion.slice(0, MOST_LOOKED_INTO)) {
      const sure = await authenticate(target.destination, one, looking);
      if (!isTrusted(sure) || sure.result !== 'success' || sure.manifest?.redacted) continue;
      // Its summary, which nothing vouches for, may have named other keys than the one that opens it.
      return knowingKeys(sure, await this.seals.keyIds());
    }
    return undefined;
  }

  /**
   * Prunes a destination according to the option `retention`: deletes backups that no rule keeps, and nothing else.
   * Deletes only backups of this application: those that have its seal, or open with its `encryptionKey`.
   * @throws BackupError `WRONG_USAGE` without that option, such a destination, or a key; `DESTINATION_FAILED` when it
   *   cannot be listed
   */
  async prune(destination: string, { dryRun = false, initiator, onProgress }: PruneOptions = {}): Promise<PruneReport> {
    const { destinations, retention } = this.options;
    const target = findTarget(destinations, destination);
    if (!retention) throw wrongUsage(NO_RETENTION.problem, NO_RETENTION.remedy);
    const audited = new AuditedPrune(this.audit, target.name, initiator);
    try {
      const marks = await this.seals.knownMarks();
      if (!marks.seal) throw wrongUsage(NO_KEY.problem, NO_KEY.remedy);
      const keys = await this.seals.openingKeys();
      const report = await prune(target, retention, { dryRun, now: new Date(), marks, keys, onProgress });
      for (const error of report.errors) this.logger.error(`Destination "${target.name}": ${explain(error)}`);
      if (!dryRun) audited.ended(report, report.errors[0]);
      return report;
    } catch (error) {
      this.logger.error(`Destination "${target.name}" was not pruned: ${explain(error)}`);
      if (!dryRun) audited.ended({ deleted: [], bytes: 0 }, error);
      throw error;
    }
  }

  /**
   * Whether backups requested without a key are encrypted.
   * @internal
   */
  get encrypts(): boolean {
    return this.options.encryptionKey !== null || this.options.recipients !== null;
  }

  /**
   * Whether the application can open the backups that it makes.
   * @internal
   */
  get opensItsOwn(): boolean {
    return this.options.recipients === null || this.options.keyServices.length > 0;
  }

  /**
   * Why nothing can be deleted from destinations, and what to do about it; null when pruning is possible.
   * @internal
   */
  get cannotPrune(): { readonly problem: string; readonly remedy: string } | null {
    const { retention, retentionKey, encryptionKey } = this.options;
    if (!retention) return NO_RETENTION;
    return retentionKey || encryptionKey ? null : NO_KEY;
  }

  /** Names of the destinations. */
  get destinations(): readonly string[] {
    return [...this.options.destinations.keys()];
  }

  /** Before the database's connections are closed. */
  async onModuleDestroy(): Promise<void> {
    this.isClosing = true;
    const running = [...this.running];
    for (const [, stop] of running) stop.abort(new Error('The application is closing.'));
    await Promise.allSettled(running.map(([done]) => done));
    // Parts of aborted uploads are removed in the background.
    await Promise.all([...this.options.destinations.values()].map((one) => one.settled(LAST_WORK_MS)));
  }

  /** Before anything is made, so that an unavailable key is not noticed only at the end. */
  private async marksFor(audited: AuditedRun): Promise<Marks> {
    try {
      return await this.seals.marks();
    } catch (error) {
      audited.broken(error);
      throw error;
    }
  }

  private async finish(
    backup: Backup,
    targets: readonly NamedDestination[],
    audited: AuditedRun,
    marks: Marks,
    signal: AbortSignal,
    scheduled: ScheduledRun | undefined,
  ): Promise<StoreReport> {
    const { id } = backup;
    try {
      const { idleTimeout } = this.options;
      const { manifest, results } = await storeArchive(backup, targets, {
        encrypted: audited.encrypted,
        scheduled,
        marks,
        idleTimeout,
        signal,
      });
      for (const { error } of results) if (error) this.logger.error(`Backup ${id}: ${explain(error)}`);
      audited.finished(
        id,
        manifest.complete,
        results.map(({ destination, result }) => ({ destination, result })),
      );
      const whole = manifest.complete ? ('success' as const) : ('incomplete' as const);
      return { id, result: results.some(({ error }) => error) ? 'failed' : whole, manifest, destinations: results };
    } catch (error) {
      const told = signal.aborted ? aborted(signal.reason) : error;
      this.logger.error(`Backup ${id} was not stored: ${explain(told)}`);
      audited.broken(told);
      throw told;
    }
  }
}

function knowingKeys(backup: StoredBackup, known: ReadonlySet<string>): StoredBackup {
  const { keyIds = [] } = backup.manifest ?? {};
  const isKeyConfigured = known.size === 0 || keyIds.length === 0 ? null : keyIds.some((id) => known.has(id));
  return { ...backup, isKeyConfigured };
}
