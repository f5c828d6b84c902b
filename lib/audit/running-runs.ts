import type { Amounts, Initiator, RunKind } from './audit-events.js';
import type { RunProgress } from './run-progress.js';

/** A run that has started and not ended. */
export interface LiveRun {
  readonly id: string;
  readonly kind: RunKind;
  readonly isRestoreTest: boolean;
  readonly initiator: Initiator;
  readonly startedAt: Date;
  /** The last progress; only amounts before and after the run itself. */
  readonly state: Amounts | RunProgress;
  /** Ends it as its caller's signal would; has no effect after its commit. */
  cancel(): void;
}

/** The live runs of this process, in the order of their start. */
export class RunningRuns {
  private readonly runs = new Map<string, LiveRun>();

  /** Whether somebody shows them, so that estimates of their totals are worth their cost. */
  isShown = false;

  add(run: LiveRun): void {
    this.runs.set(run.id, run);
  }

  remove({ id }: LiveRun): void {
    this.runs.delete(id);
  }

  all(): LiveRun[] {
    return [...this.runs.values()];
  }

  /** @returns false when there is none with this id */
  cancel(id: string): boolean {
    const run = this.runs.get(id);
    run?.cancel();
    return run !== undefined;
  }
}
