import { isKey } from '../key/made-key.js';
import { SecretField } from '../parts/secret-field.js';

/** Takes a key that the reader has. */
export function OwnKey({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const isWrong = value.trim() !== '' && !isKey(value.trim());
  return (
    <SecretField label="The encryption key" value={value} isWrong={isWrong} onValue={onValue}>
      64 hexadecimal digits, or base64 of exactly 32 bytes{isWrong && ': this is neither'}.
    </SecretField>
  );
}
