import { useId } from 'preact/hooks';
import { openingOf } from './opening.js';

/** Takes what opens an archive that the application cannot open by itself. */
export function OpeningKey({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const id = useId();
  const hintId = useId();
  const isWrong = openingOf(value) === undefined;
  return (
    <div>
      <label for={id}>Its key or identity, if it has another one than the application</label>
      <input
        id={id}
        type="password"
        autocomplete="off"
        spellcheck={false}
        value={value}
        aria-describedby={hintId}
        aria-invalid={isWrong}
        onInput={(event) => onValue(event.currentTarget.value)}
      />
      <p id={hintId} class={isWrong ? 'problem' : 'hint'}>
        64 hexadecimal digits, base64 of exactly 32 bytes, or AGE-SECRET-KEY-…{isWrong && ': this is none of them'}. It
        opens the archive once, to check it, and is not kept.
      </p>
    </div>
  );
}
