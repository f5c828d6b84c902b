import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface SecretFieldProps {
  readonly label: string;
  readonly value: string;
  readonly isWrong: boolean;
  /** The hint below it, or what is wrong. */
  readonly children: ComponentChildren;
  readonly onValue: (value: string) => void;
}

/** Takes a secret that the reader has. */
export function SecretField({ label, value, isWrong, children, onValue }: SecretFieldProps) {
  const id = useId();
  const hintId = useId();
  return (
    <div>
      <label for={id}>{label}</label>
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
        {children}
      </p>
    </div>
  );
}
