import type { Initiator } from '../audit/audit-events.js';
import type { DatabaseLock } from '../database/dialects/dialect.js';
import { pointIncomplete } from '../errors/online-restore-errors.js';
import type { ResolvedBackupOptions } from '../options/resolved-options.js';
import type { BackupStore } from '../store/backup-store.js';
import { findTarget } from '../store/open-stored.js';
import { listBackups } from '../store/stored-backups.js';
import { RESTORE_POINT } from '../store/stored-manifest.js';
import type { PointReference } from './online-answers.js';

/** For how long the answer of a destination is believed, in milliseconds. */
const BELIEVED_MS = 60_000;

/** Backups of what a restore replaces, in a destination like any other. */
export class RestorePoints {
  private asked: { readonly id: string; readonly until: number; readonly isKept: Promise<boolean> } | undefined;

  constructor(
    private readonly options: ResolvedBackupOptions,
    private readonly store: BackupStore,
  ) {}

  /** Where the point of a restore from this destination is put. @throws BackupError `WRONG_USAGE`; why it cannot be used */
  destinationFor(source: string): string {
    return findTarget(this.options.destinations, this.options.restorePointDestination ?? source).name;
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
    // What only recipients can open could not be restored here.
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
