import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { AuditedRun, RunEnd } from '../audit/audited-run.js';
import { explain } from '../errors/explain.js';
import { hookFailed } from '../errors/run-errors.js';
import type { RunContext } from '../options/hooks.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';

const NAMES = {
  backup: { before: 'beforeBackup', after: 'afterBackup' },
  restore: { before: 'beforeRestore', after: 'afterRestore' },
} as const;

/** Calls the application's hooks around its runs. */
@Injectable()
export class HooksService implements OnModuleDestroy {
  private readonly logger = new Logger(HooksService.name);
  /** After-hooks of runs that have started, by the run's id. */
  private readonly due = new Map<string, Promise<void>>();
  private readonly calling = new Set<Promise<void>>();

  constructor(@Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions) {}

  /**
   * Calls the before-hook, and arranges for the after-hook to be called when the run has ended.
   * @throws BackupError `HOOK_FAILED`, or `ABORTED` as soon as the signal is aborted
   */
  async begin(kind: keyof typeof NAMES, run: AuditedRun, signal: AbortSignal): Promise<void> {
    const { before, after } = NAMES[kind];
    const { [before]: hook, [after]: afterHook } = this.options.hooks;
    const context: RunContext = { id: run.id, kind, encrypted: run.encrypted, initiator: run.initiator };
    if (afterHook) {
      const called = run.ended.then((end) => this.after(after, context, end)).finally(() => this.due.delete(run.id));
      this.due.set(run.id, called);
    }
    if (!hook) return;
    try {
      await untilAborted(signal, async () => hook({ ...context, signal }));
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      throw hookFailed(before, kind, cause);
    }
  }

  /** Waits for the after-hook of a run that has ended. */
  async settled(run: AuditedRun): Promise<void> {
    await this.due.get(run.id);
  }

  /** Runs before what the hooks use is closed. */
  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.calling);
  }

  private async after(name: 'afterBackup' | 'afterRestore', context: RunContext, end: RunEnd): Promise<void> {
    const called = this.call(name, context, end);
    this.calling.add(called);
    await called;
    this.calling.delete(called);
  }

  private async call(name: 'afterBackup' | 'afterRestore', context: RunContext, end: RunEnd): Promise<void> {
    try {
      await this.options.hooks[name]?.({ ...context, ...end });
    } catch (error) {
      this.logger.warn(`The hook ${name} threw after ${context.kind} ${context.id}: ${explain(error)}`);
    }
  }
}

/** A hook that ignores the signal must not keep the lock. */
async function untilAborted(signal: AbortSignal, work: () => Promise<unknown>): Promise<void> {
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    await Promise.race([aborted, work()]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
