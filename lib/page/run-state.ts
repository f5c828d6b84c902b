import type { BackupEvent } from '../audit/audit-events.js';
import type { LiveRun } from '../audit/running-runs.js';
import type { RunEvent, RunningRun } from './page-api.js';

/** A run of this process, as the page shows it. */
export function stateOf(run: LiveRun): RunningRun {
  const { id, kind, isRestoreTest, initiator, startedAt, state } = run;
  const { rows, files, bytes } = state;
  const progress = 'phase' in state ? state : undefined;
  return {
    id,
    kind: isRestoreTest ? 'test' : kind,
    phase: progress?.phase ?? 'start',
    rows,
    files,
    bytes,
    total: progress?.total ?? null,
    work: progress?.work ?? { done: 0, total: null },
    startedAt: startedAt.toISOString(),
    user: initiator.user,
    via: initiator.via,
    cancellable: true,
  };
}

/** The end of a run whose process has told nobody. */
export function lostEnd({ id, kind }: RunningRun): RunEvent {
  return { id, kind, state: 'failed', error: { code: 'ABORTED', message: 'The process that it ran in has ended.' } };
}

/** The end of a run; undefined for every other event. */
export function endOf(event: BackupEvent, kind: RunningRun['kind']): RunEvent | undefined {
  if (!('id' in event)) return undefined;
  const { id } = event;
  if ('code' in event) {
    const state = event.event.endsWith('.aborted') ? ('aborted' as const) : ('failed' as const);
    return { id, kind, state, error: { code: event.code, message: event.message } };
  }
  if ('result' in event) return { id, kind, state: event.result, error: null };
  return undefined;
}
