import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';

interface Props {
  readonly title: string;
  /** Called when it is left by its button or by Escape. */
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/**
 * A modal dialog, open as long as it is rendered. The focus goes to what has `data-focus`, else to the title, and back to
 * where it was.
 */
export function Dialog({ title, onClose, children }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const isOpen = useRef(false);
  const titleId = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = element.current!;
    dialog.showModal();
    isOpen.current = true;
    (dialog.querySelector<HTMLElement>('[data-focus]') ?? dialog.querySelector('h2')!).focus();
    return () => {
      isOpen.current = false;
      dialog.close();
      // What opened it may be gone together with it.
      const target = before instanceof HTMLElement && before.isConnected ? before : document.querySelector('main');
      target?.focus();
    };
  }, []);
  const leave = (event: Event) => {
    // What else is cancelled in a dialog, such as the choice of a file, may bubble.
    if (event.target !== element.current) return;
    event.preventDefault();
    if (isOpen.current) onClose();
  };
  return (
    // A browser may close it without asking, at the second Escape.
    <dialog ref={element} aria-labelledby={titleId} onCancel={leave} onClose={leave}>
      <header>
        <h2 id={titleId} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" class="close" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </header>
      {children}
    </dialog>
  );
}
