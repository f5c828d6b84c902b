import type { ComponentChildren } from 'preact';

/** Names and values; those without a value are left out. */
export function Facts({ facts }: { facts: ReadonlyArray<readonly [name: string, value: ComponentChildren]> }) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return (
    <dl class="facts">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
