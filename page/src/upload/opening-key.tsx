import { SecretField } from '../parts/secret-field.js';
import { openingOf } from './opening.js';

const LABEL = 'Its key or identity, if it has another one than the application';

/** Takes what opens an archive that the application cannot open by itself. */
export function OpeningKey({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const isWrong = openingOf(value) === undefined;
  return (
    <SecretField label={LABEL} value={value} isWrong={isWrong} onValue={onValue}>
      64 hexadecimal digits, base64 of exactly 32 bytes, or AGE-SECRET-KEY-…{isWrong && ': this is none of them'}. It
      opens the archive once, to check it, and is not kept.
    </SecretField>
  );
}
