import { ApiError, errorTextOf } from '../api/api-error.js';
import { durationText } from '../format/durations.js';

/** An error in full: what the server says, and its code, which the documentation explains. */
export function Problem({ error }: { error: unknown }) {
  const { code, message } = errorTextOf(error);
  const retryAfter = error instanceof ApiError ? error.retryAfter : null;
  return (
    <div class="problem" role="alert">
      <p class="multiline">{message}</p>
      {retryAfter !== null && <p>Try again in {durationText(retryAfter)}.</p>}
      <p>
        <small>
          Code <code>{code}</code>
        </small>
      </p>
    </div>
  );
}
