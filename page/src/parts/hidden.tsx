import type { ComponentChildren } from 'preact';

/** Text for screen readers: what sight tells from the place of a thing. */
export function Hidden({ children }: { children: ComponentChildren }) {
  return <span class="visually-hidden">{children}</span>;
}
