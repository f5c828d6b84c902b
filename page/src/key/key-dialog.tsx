import { useId, useRef, useState } from 'preact/hooks';
import { durationText } from '../format/durations.js';
import { Dialog } from '../parts/dialog.js';
import { useNow } from '../parts/use-now.js';

interface Props {
  readonly purpose: string;
  readonly isWrong: boolean;
  readonly blockedUntil: number | null;
  readonly answer: (key: string | null) => void;
}

/** Asks for the backup key. */
export function KeyDialog({ purpose, isWrong, blockedUntil, answer }: Props) {
  const [isEmpty, setEmpty] = useState(true);
  const field = useRef<HTMLInputElement>(null);
  const fieldId = useId();
  const messageId = useId();
  const now = useNow(1_000);
  const wait = blockedUntil === null ? 0 : Math.ceil((blockedUntil - now) / 1000);
  return (
    <Dialog title="Backup key" onClose={() => answer(null)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const { value } = field.current!;
          if (value !== '' && wait <= 0) answer(value);
        }}
      >
        <p>{purpose}, the application asks for its backup key.</p>
        <div id={messageId}>
          {isWrong && (
            <p class="problem" role="alert">
              This was not the backup key. Type it again.
            </p>
          )}
          {blockedUntil !== null && (
            <p class="problem">
              <span role="alert">Too many wrong keys were tried. </span>
              {wait > 0 ? `Try again in ${durationText(wait)}.` : 'You may try again now.'}
            </p>
          )}
        </div>
        <label for={fieldId}>Key</label>
        <input
          ref={field}
          id={fieldId}
          type="password"
          autocomplete="off"
          data-focus
          spellcheck={false}
          aria-describedby={messageId}
          aria-invalid={isWrong}
          onInput={(event) => setEmpty(event.currentTarget.value === '')}
        />
        <p class="hint">It is kept in this tab’s memory only, and asked once.</p>
        <div class="actions">
          <button type="submit" class="primary" disabled={isEmpty || wait > 0}>
            Continue
          </button>
          <button type="button" onClick={() => answer(null)}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
