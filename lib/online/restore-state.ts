import { BackupError } from '../errors/backup-error.js';
import { messageOverHttp } from '../errors/over-http.js';
import type { ReplicaRecord, ReplicaRecords } from '../replicas/replica-records.js';
import { visibleUpTo } from '../support/visible-text.js';
import type { OnlineRestoreState, PointReference } from './online-answers.js';

const PHASES = ['maintenance', 'point', 'restore', 'check', 'rollback', 'done'] satisfies Array<RestoreState['phase']>;
const RESULTS = ['restored', 'rolled-back', 'unchanged', 'unchecked', 'unknown'] satisfies Array<
  RestoreState['result']
>;

/** What every process and the next start know of a restore. */
export interface RestoreState extends Omit<OnlineRestoreState, 'canUndo'> {
  /** The id under which the database knows whether it was committed. */
  readonly witness: string;
  /** The same for the restore of the restore point; null before that is tried. */
  readonly rollback: string | null;
}

const NAME = 'online-restore';
/** Records are small; in characters. */
const LONGEST_MESSAGE = 1_000;

/** The last restore; only one runs at a time, so there is one record. */
export class KeptState {
  constructor(
    private readonly records: ReplicaRecords,
    private state: RestoreState,
  ) {}

  get current(): RestoreState {
    return this.state;
  }

  async update(change: Partial<RestoreState>): Promise<void> {
    this.state = { ...this.state, ...change };
    await this.records.write(NAME, this.state);
  }
}

/** The last restore that a process has recorded; null when there is none. */
export function stateOf(records: readonly ReplicaRecord[]): RestoreState | null {
  const found = records.find(({ name }) => name === NAME)?.value;
  return isState(found) ? found : null;
}

/** Whether it is still to be found out how it ended. */
export function isOpen({ result }: RestoreState): boolean {
  return result === null || result === 'unknown';
}

export function errorText(error: unknown): NonNullable<RestoreState['error']> {
  if (!(error instanceof BackupError)) return { code: 'INTERNAL', message: 'Internal error; see the log.' };
  return { code: error.code, message: visibleUpTo(LONGEST_MESSAGE, messageOverHttp(error).replaceAll('\n', ' ')) };
}

const isText = (value: unknown) => typeof value === 'string';
const isTextOrNull = (value: unknown) => value === null || isText(value);

/** Others can write to that table, too. */
function isState(value: unknown): value is RestoreState {
  const { phase, result, point, error, ...rest } = Object(value) as Record<keyof RestoreState, unknown>;
  const { id, undoes, destination, backup, startedAt, finishedAt, user, witness, rollback } = rest;
  const { destination: place, id: pointId } = Object(point) as Record<keyof PointReference, unknown>;
  const { code, message } = Object(error) as Record<'code' | 'message', unknown>;
  return (
    [id, destination, backup, startedAt, witness].every(isText) &&
    [undoes, finishedAt, user, rollback].every(isTextOrNull) &&
    PHASES.some((one) => one === phase) &&
    (result === null || RESULTS.some((one) => one === result)) &&
    (point === null || (isText(place) && isText(pointId))) &&
    (error === null || (isText(code) && isText(message)))
  );
}
