import type { BackupProgress } from '../backup/backup-run.js';
import { withDeadline } from '../support/deadline.js';
import type { BackupJob } from './backup-job.js';

type Told = Pick<BackupProgress, 'phase' | 'rows' | 'files' | 'bytes'>;

const EVERY_MS = 1_000;
const REPORT_TIMEOUT_MS = 5_000;

/** Tells Redis how far a backup is, about once a second; a backup does not wait for it, and never fails of it. */
export class JobProgress {
  private next = 0;
  private untold: Told | null = null;
  private telling: Promise<void> | null = null;

  constructor(private readonly job: Pick<BackupJob, 'updateProgress'>) {}

  readonly report = (progress: Told): void => {
    // It changes while the backup goes on.
    this.untold = { ...progress };
    if (!this.telling && performance.now() >= this.next) void this.tell(this.untold);
  };

  /** Tells the end of it. */
  async last(): Promise<void> {
    await this.telling;
    if (this.untold) await this.tell(this.untold);
  }

  private tell({ phase, rows, files, bytes }: Told): Promise<void> {
    this.untold = null;
    this.next = performance.now() + EVERY_MS;
    // Without the name of the table or the directory, which is nobody's business in Redis.
    const told = this.job.updateProgress({ phase, rows, files, bytes });
    this.telling = withDeadline(REPORT_TIMEOUT_MS, told, () => new Error('no answer'))
      .catch(() => {})
      .finally(() => {
        this.telling = null;
      });
    return this.telling;
  }
}
