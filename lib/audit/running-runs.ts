import type { AuditedRun } from './audited-run.js';

/** The runs of this process that have started and not ended, in the order of their start. */
export class RunningRuns {
  private readonly runs = new Map<string, AuditedRun>();

  /** Whether somebody shows them, so that estimates of their totals are worth their cost. */
  isShown = false;

  add(run: AuditedRun): void {
    this.runs.set(run.id, run);
  }

  remove(run: AuditedRun): void {
    this.runs.delete(run.id);
  }

  all(): AuditedRun[] {
    return [...this.runs.values()];
  }

  /** Ends a run as its caller's signal would. @returns false when there is none with this id */
  cancel(id: string): boolean {
    const run = this.runs.get(id);
    run?.cancel();
    return run !== undefined;
  }
}
