import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface Props<Value extends string> {
  /** Of the group. */
  readonly name: string;
  readonly value: Value;
  readonly chosen: string;
  readonly onChoose: (value: Value) => void;
  readonly children: ComponentChildren;
}

/** A radio button and its label. */
export function Choice<Value extends string>({ name, value, chosen, onChoose, children }: Props<Value>) {
  const id = useId();
  return (
    <p class="choice">
      <input
        id={id}
        type="radio"
        name={name}
        value={value}
        checked={chosen === value}
        onChange={() => onChoose(value)}
      />
      <label for={id}>{children}</label>
    </p>
  );
}
