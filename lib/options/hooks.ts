import type { Initiator } from '../audit/audit-events.js';
import { invalidOption } from '../errors/usage-errors.js';

/** A run of which a hook is told. */
export interface RunContext {
  /** Of the run, as in its events; of a backup its own. */
  readonly id: string;
  readonly kind: 'backup' | 'restore';
  readonly encrypted: boolean;
  readonly initiator: Initiator;
}

/** What `beforeBackup` and `beforeRestore` get. */
export interface BeforeHookContext extends RunContext {
  /** Aborted when the run is. A hook that goes on nevertheless is no longer waited for. */
  readonly signal: AbortSignal;
}

/** What `afterBackup` and `afterRestore` get. */
export interface AfterHookContext extends RunContext {
  /** `incomplete`: the backup lacks a file that should be in it. `failed`: a destination lacks it, or nothing counts. */
  readonly result: 'success' | 'incomplete' | 'failed';
  /** What broke the run. */
  readonly error: unknown;
}

/** Functions of the host around its backups and restores. Verifications and dry runs call none. */
export interface BackupHooks {
  /** Awaited under the lock, before anything is read. One that throws ends the backup: `HOOK_FAILED`. */
  beforeBackup?: (context: BeforeHookContext) => unknown;
  /** Called once for each backup that got as far as `beforeBackup`, however it ended. What it throws is only logged. */
  afterBackup?: (context: AfterHookContext) => unknown;
  /** Awaited under the lock, before anything is changed. One that throws ends the restore: `HOOK_FAILED`. */
  beforeRestore?: (context: BeforeHookContext) => unknown;
  /** Called once for each restore that got as far as `beforeRestore`, however it ended. What it throws is only logged. */
  afterRestore?: (context: AfterHookContext) => unknown;
}

export const HOOKS = ['beforeBackup', 'afterBackup', 'beforeRestore', 'afterRestore'] as const;

/** @throws BackupError `INVALID_OPTIONS` */
export function resolveHooks(given: BackupHooks): BackupHooks {
  for (const name of HOOKS) {
    if (given[name] === undefined || given[name] === null || typeof given[name] === 'function') continue;
    throw invalidOption(name, 'the value is of the wrong kind', 'Give a function (context) => Promise.');
  }
  const { beforeBackup, afterBackup, beforeRestore, afterRestore } = given;
  return { beforeBackup, afterBackup, beforeRestore, afterRestore };
}
