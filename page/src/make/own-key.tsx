import { useId } from 'preact/hooks';
import { isKey } from '../key/made-key.js';

/** Takes a key that the reader has. */
export function OwnKey({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const id = useId();
  const hintId = useId();
  const isWrong = value.trim() !== '' && !isKey(value.trim());
  return (
    <div>
      <label for={id}>The encryption key</label>
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
        64 hexadecimal digits, or base64 of exactly 32 bytes{isWrong && ': this is neither'}.
      </p>
    </div>
  );
}
