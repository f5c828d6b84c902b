import type { LiveState } from '../live/live-state.js';
import { Time } from './time.js';

/** Says when what is shown may be out of date, and why. */
export function ConnectionNote({ state, onRetry }: { state: LiveState; onRetry: () => void }) {
  const { connection, problem, heardAt } = state;
  const known = heardAt !== null && (
    <>
      {' '}
      Last known state from <Time at={new Date(heardAt).toISOString()} />.
    </>
  );
  return (
    <div class="connection" role="status">
      {connection === 'refused' && (
        <p class="problem">
          {problem?.status === 401
            ? 'You are no longer logged in. Log in to the application, then try again.'
            : problem?.message}
          {known}{' '}
          <button type="button" onClick={onRetry}>
            Try again
          </button>
        </p>
      )}
      {connection === 'lost' && (
        <p class="problem">
          Connection lost: {problem?.message ?? 'the server does not answer.'}
          {known} Trying again.
        </p>
      )}
    </div>
  );
}
