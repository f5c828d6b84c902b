import type { BackupProgress } from '../backup/backup.service.js';
import type { BackupJob } from './backup-job.js';

const EVERY_MS = 1_000;

/** Tells Redis how far a backup is, about once a second; a backup does not wait for it, and never fails of it. */
export function tellProgress(job: Pick<BackupJob, 'updateProgress'>): (progress: BackupProgress) => void {
  let next = 0;
  let isTelling = false;
  return ({ phase, rows, files, bytes }) => {
    if (isTelling || performance.now() < next) return;
    isTelling = true;
    next = performance.now() + EVERY_MS;
    // Without the name of the table or the directory, which is nobody's business in Redis.
    void job
      .updateProgress({ phase, rows, files, bytes })
      .catch(() => {})
      .finally(() => {
        isTelling = false;
      });
  };
}
