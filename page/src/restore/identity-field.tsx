import { SecretField } from '../parts/secret-field.js';
import { identityIn } from './identity.js';

/** Takes what opens a backup and the restore point where the application has nothing that does. */
export function IdentityField({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const isWrong = value.trim() !== '' && identityIn(value) === undefined;
  return (
    <SecretField label="Identity of a recipient" value={value} isWrong={isWrong} onValue={onValue}>
      AGE-SECRET-KEY-…{isWrong && ': this is none'}. The server uses it for this restore and does not keep it. Somebody
      who controls the server could.
    </SecretField>
  );
}
