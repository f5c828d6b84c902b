import type { ComponentChildren } from 'preact';

const ID = 'activity';

/** The part of the page that shows what runs. */
export function Activity({ children }: { children: ComponentChildren }) {
  return (
    <div id={ID} role="group" aria-label="Activity" tabIndex={-1}>
      {children}
    </div>
  );
}

/** Leads whoever has started something to where it is shown, once the dialog that started it is closed. */
export function showActivity(): void {
  setTimeout(() => document.getElementById(ID)?.focus());
}
