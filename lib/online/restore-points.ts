import type { Initiator } from '../audit/audit-events.js';
import type { Identities } from '../crypto/age/identities.js';
import type { DatabaseLock } from '../database/dialects/dialect.js';
import { isAboutKey } from '../errors/archive-errors.js';
import { pointIncomplete, pointUnreadable } from '../errors/online-restore-errors.js';
import type { ResolvedBackupOptions } from '../options/resolved-options.js';
import type { BackupStore } from '../store/backup-store.js';
import { findTarget } from '../store/open-stored.js';
import type { StoredArchives } from '../store/stored-archives.js';
import { listBackups } from '../store/stored-backups.js';
import { RESTORE_POINT } from '../store/stored-manifest.js';
import type { PointReference } from './online-answers.js';

/** For how long the answer of a destination is believed, in milliseconds. */
const BELIEVED_MS = 60_000;

/** What opens an archive; without it, the application's own keys. In memory until the restore ends. */
export interface Opening {
  readonly identity?: Identities;
}

/** Backups of what a restore replaces, in a destination like any other. */
export class RestorePoints {
  private asked: { readonly id: string; readonly until: number; readonly isKept: Promise<boolean> } | undefined;

  constructor(
    private readonly options: ResolvedBackupOptions,
    private readonly store: BackupStore,
    private readonly archives: StoredArchives,
  ) {}

  /** Where the point of a restore from this destination is put. @throws BackupError `WRONG_USAGE`; why it cannot be used */
  destinationFor(source: string): string {
    return findTarget(this.options.destinations, this.options.restorePointDestination ?? source).name;
  }

  /**
   * What this process opens a restore point with that is made now. Without an `encryptionKey` it is encrypted to the
   * recipients alone, so a header that is made for them is opened to find out.
   * @param opening what opens the archive
   * @throws BackupError `RESTORE_REFUSED`; `KEY_SERVICE_FAILED`; what the option's function throws
   */
  async openingFor(opening: Opening): Promise<Opening> {
    const { recipients, encryptionKey } = this.options;
    if (!recipients || encryptionKey) return {};
    const openers = opening.identity ?? this.archives.ownIdentities;
    if (!openers) throw pointUnreadable();
    const { header, fileKey } = await (await recipients()).wrap();
    fileKey.fill(0);
    const opened = await openers.unwrap(header).catch((error: unknown) => {
      throw isAboutKey(error) ? pointUnreadable(error) : error;
    });
    opened.fill(0);
    return opening;
  }

  /**
   * @param under the backup lock, held by the restore
   * @throws BackupError as `BackupStore.store`; `RESTORE_REFUSED` when it lacks a file that would be replaced
   */
  async make(
    destination: string,
    under: DatabaseLock,
    { initiator, signal }: { readonly initiator: Initiator; readonly signal: AbortSignal },
  ): Promise<PointReference> {
    const scheduled = { schedule: RESTORE_POINT, scheduledAt: new Date().toISOString() };
    const { recipients, encryptionKey } = this.options;
    // Restored without an identity, in case it is needed.
    const aesKey = recipients ? await encryptionKey?.() : undefined;
    const { id, manifest } = await this.store.store({
      aesKey,
      destinations: [destination],
      under,
      scheduled,
      initiator,
      signal,
    });
    if (!manifest.complete) throw pointIncomplete(manifest.skipped.map(({ path }) => path));
    return { destination, id };
  }

  /** Whether it can still be restored; a destination that does not answer proves nothing. */
  async isKept(point: PointReference): Promise<boolean> {
    if (this.asked?.id !== point.id || performance.now() > this.asked.until) {
      this.asked = { id: point.id, until: performance.now() + BELIEVED_MS, isKept: this.look(point) };
    }
    return this.asked.isKept;
  }

  private async look({ destination: name, id }: PointReference): Promise<boolean> {
    try {
      const { destination } = findTarget(this.options.destinations, name);
      const found = await listBackups(name, destination, undefined, { id, withRestoreTests: false });
      return found.some(({ result }) => result !== 'failed');
    } catch {
      return true;
    }
  }
}
