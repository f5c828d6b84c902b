import type { RunEvent, RunningRun, StatusAnswer } from '../../../lib/page/page-api.js';
import type { ApiError } from '../api/api-error.js';
import { type Sample, sampled } from './rate.js';

/** How the state is known. `lost`: it is not, at the moment. `refused`: the server lets this user no longer in. */
export type Connection = 'connecting' | 'live' | 'polling' | 'lost' | 'refused';

/** What the page knows of the server. */
export interface LiveState {
  readonly connection: Connection;
  /** Null until the first answer. */
  readonly status: StatusAnswer | null;
  /** When the server was last heard of, in ms since 1970. */
  readonly heardAt: number | null;
  /** How often the server was back after it was lost: what was asked for in between may be outdated, or lack. */
  readonly returns: number;
  /** Why there is no answer; null when there is one. */
  readonly problem: ApiError | null;
  /** Ends of runs since the page was opened, oldest first. */
  readonly ended: readonly RunEvent[];
  /** By the run's id. */
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
}

export const NOTHING_KNOWN: LiveState = {
  connection: 'connecting',
  status: null,
  heardAt: null,
  returns: 0,
  problem: null,
  ended: [],
  samples: {},
};

const MOST_ENDED = 20;

export function withStatus(state: LiveState, status: StatusAnswer, now: number): LiveState {
  return { ...state, status, heardAt: now, problem: null, samples: sampleAll(state, status.running, now) };
}

export function withProgress(state: LiveState, run: RunningRun, now: number): LiveState {
  // The end of a run and its last progress may come in any order.
  if (!state.status || state.ended.some(({ id }) => id === run.id)) return { ...state, heardAt: now };
  const isKnown = state.status.running.some(({ id }) => id === run.id);
  const running = isKnown
    ? state.status.running.map((known) => (known.id === run.id ? run : known))
    : [...state.status.running, run];
  return withStatus(state, { ...state.status, running }, now);
}

export function withRunEvent(state: LiveState, event: RunEvent, now: number): LiveState {
  if (event.state === 'started' || !state.status) return { ...state, heardAt: now };
  const running = state.status.running.filter(({ id }) => id !== event.id);
  const ended = [...state.ended.filter(({ id }) => id !== event.id), event].slice(-MOST_ENDED);
  return { ...withStatus(state, { ...state.status, running }, now), ended };
}

function sampleAll({ samples }: LiveState, running: readonly RunningRun[], now: number): LiveState['samples'] {
  return Object.fromEntries(
    running.map(({ id, work }) => [id, sampled(samples[id] ?? [], { at: now, done: work.done })]),
  );
}
