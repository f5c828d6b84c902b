import type { Initiator } from '../audit/audit-events.js';
import { invalidOption } from '../errors/usage-errors.js';

/** The run that a hook is called for. */
export interface RunContext {
  /** Run id, as in the events; for a backup, the backup's id. */
  readonly id: string;
  readonly kind: 'backup' | 'restore';
  readonly encrypted: boolean;
  readonly initiator: Initiator;
}

/** The argument of `beforeBackup` and `beforeRestore`. */
export interface BeforeHookContext extends RunContext {
  /** Aborted when the run is. A hook that continues regardless is not awaited any longer. */
  readonly signal: AbortSignal;
}

/** The argument of `afterBackup` and `afterRestore`. */
export interface AfterHookContext extends RunContext {
  /** `incomplete`: the backup lacks a file that should be in it. `failed`: the run, or one of its destinations, failed. */
  readonly result: 'success' | 'incomplete' | 'failed';
  /** Why the run failed. */
  readonly error: unknown;
}

/** Functions of the application that are called around its backups and restores, but not for verifications and dry runs. */
export interface BackupHooks {
  /** Awaited under the lock, before anything is read. If it throws, the backup fails with `HOOK_FAILED`. */
  beforeBackup?: (context: BeforeHookContext) => unknown;
  /** Called once for each backup that reached `beforeBackup`, however it ended. What it throws is only logged. */
  afterBackup?: (context: AfterHookContext) => unknown;
  /** Awaited under the lock, before anything is changed. If it throws, the restore fails with `HOOK_FAILED`. */
  beforeRestore?: (context: BeforeHookContext) => unknown;
  /** Called once for each restore that reached `beforeRestore`, however it ended. What it throws is only logged. */
  afterRestore?: (context: AfterHookContext) => unknown;
}

export const HOOKS = ['beforeBackup', 'afterBackup', 'beforeRestore', 'afterRestore'] as const;

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveHooks(given: BackupHooks): BackupHooks {
  for (const name of HOOKS) {
    if (given[name] === undefined || given[name] === null || typeof given[name] === 'function') continue;
    throw invalidOption(name, 'it is not a function', 'Set a function (context) => Promise.');
  }
  const { beforeBackup, afterBackup, beforeRestore, afterRestore } = given;
  return { beforeBackup, afterBackup, beforeRestore, afterRestore };
}
