import type { BackupEvent, DestinationResult } from '../audit/audit-events.js';
import { escaped, visibleUpTo } from '../support/visible-text.js';
import type { BackupLog } from './backup-log.entity.js';

/** Written in place of an error: such a backup does not count as good, although nothing failed. */
const REDACTED = 'REDACTED: its rows differ from those in the database.';

/** In characters, by column. */
const ROOM = { id: 36, via: 8, user: 255, address: 64, backup: 36, destination: 4_000, error: 4_000 } as const;

/** The row for an event, if it is one to keep. */
export function rowOf(event: BackupEvent): BackupLog | undefined {
  switch (event.event) {
    case 'backup.started':
      return row('backup', event, { state: 'running', started: event.at, finished: null, backup: event.id });
    case 'backup.finished': {
      const destinations = event.destinations ?? [];
      const failed = destinations.some(({ result }) => result === 'failed');
      const state = failed ? 'failed' : event.result;
      const redacted = event.redacted ? REDACTED : null;
      const error = failed
        ? 'DESTINATION_FAILED: The backup could not be stored in a destination. See the log.'
        : redacted;
      return row('backup', event, {
        ...ended(event),
        state,
        error,
        destination: shown(destinations),
        backup: event.id,
      });
    }
    case 'backup.failed':
    case 'backup.aborted':
      return row('backup', event, { ...ended(event), ...failure(event), backup: event.id });
    case 'restore.finished':
      return event.dryRun
        ? undefined
        : row('restore', event, { ...ended(event), state: event.result, backup: event.backup });
    case 'restore.failed':
    case 'restore.aborted':
      return row('restore', event, { ...ended(event), ...failure(event) });
    case 'restore.recovered': {
      const times = { started: event.at, finished: event.at };
      return event.outcome === 'finished'
        ? row('restore', event, { ...times, state: 'success' })
        : row('restore', event, {
            ...times,
            state: 'failed',
            error: 'The restore was interrupted, and has been undone.',
          });
    }
    case 'verify.finished':
      return row('verify', event, {
        ...ended(event),
        state: event.result,
        backup: event.backup,
        restoreTest: event.restoreTest ?? false,
      });
    case 'verify.failed':
    case 'verify.aborted':
      return row('verify', event, { ...ended(event), ...failure(event) });
    case 'prune.finished':
      return row('prune', event, { ...ended(event), state: 'success', destination: event.destination });
    case 'prune.failed':
      return row('prune', event, { ...ended(event), ...failure(event), destination: event.destination });
    default:
      return undefined;
  }
}

type Run = BackupEvent & { readonly id: string };
type Known = 'state' | 'started' | 'finished';

function row(kind: BackupLog['kind'], event: Run, known: Pick<BackupLog, Known> & Partial<BackupLog>): BackupLog {
  const { id, via, user, address } = event;
  const { rows = 0, files = 0, bytes = 0 } = event as Partial<BackupLog>;
  const nothing = { backup: null, destination: null, error: null, restoreTest: false };
  return bounded({ id, kind, via, user, address, rows, files, bytes, ...nothing, ...known });
}

/** The same row for a table that cannot store all characters. */
export function inAscii(log: BackupLog): BackupLog {
  return bounded(log, (text) => text.replaceAll(/[^ -~]/gu, escaped));
}

/** Cut to the size of the column: a text that is too long would lose the whole row. */
function bounded(log: BackupLog, write = (text: string) => text): BackupLog {
  const texts = Object.entries(ROOM).map(([name, most]) => {
    const text = log[name as keyof typeof ROOM];
    return [name, text === null ? null : write(visibleUpTo(most, String(text))).slice(0, most)];
  });
  return Object.assign(log, Object.fromEntries(texts));
}

function ended({ at, milliseconds }: { readonly at: Date; readonly milliseconds: number }) {
  return { started: new Date(at.getTime() - milliseconds), finished: at };
}

function failure({ code, message }: { readonly code: string; readonly message: string }) {
  return { state: 'failed' as const, error: `${code}: ${message}` };
}

function shown(destinations: readonly DestinationResult[]): string | null {
  const names = destinations.map(({ destination, result }) => destination + (result === 'failed' ? ' (failed)' : ''));
  return names.length === 0 ? null : names.join(', ');
}
