import type { OpenedArchive } from '../read/open-archive.js';
import type { RestoreProgress } from '../restore-progress.js';

/** The progress of a restore test: everything is read twice, once to restore it, and once to compare it. */
export class RestoreTestProgress {
  private last: RestoreProgress | undefined;
  private comparing: number;
  private done = 0;

  constructor(
    private readonly archive: OpenedArchive,
    private readonly tell: (progress: RestoreProgress) => void,
  ) {
    const files = Object.values(archive.manifest.files);
    this.comparing = archive.lineBytes + files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  readonly restored = (progress: RestoreProgress): void => {
    this.last = progress;
    this.say(progress);
  };

  readonly compared = (name: string, bytes: number): void => {
    this.done += bytes;
    if (this.last) this.say({ ...this.last, phase: 'comparison', name });
  };

  /** The rows are not compared. */
  passOverRows(): void {
    this.comparing -= this.archive.lineBytes;
  }

  private say(progress: RestoreProgress): void {
    const { done, total } = progress.work;
    this.tell({ ...progress, work: { done: done + this.done, total: total && total + this.comparing } });
  }
}
