import { createContext } from 'preact';
import { useCallback, useContext, useMemo, useRef, useState } from 'preact/hooks';

export interface Notice {
  readonly id: number;
  readonly kind: 'good' | 'bad';
  readonly text: string;
}

const MOST = 5;
/** How long good news stay, in ms. */
const GOOD_FOR = 15_000;

/** Tells of something that has happened. */
export const Notify = createContext<(kind: Notice['kind'], text: string) => void>(() => {});
export const useNotify = () => useContext(Notify);

/** Notices, newest last; bad ones stay until they are dismissed. */
export function useNotices() {
  const [notices, setNotices] = useState<readonly Notice[]>([]);
  const next = useRef(0);
  const dismiss = useCallback((id: number) => setNotices((before) => before.filter((one) => one.id !== id)), []);
  const notify = useCallback((kind: Notice['kind'], text: string) => {
    const notice = { id: next.current++, kind, text };
    setNotices((before) => [...before, notice].slice(-MOST));
    // What went well is to be seen elsewhere, too.
    if (kind === 'good') setTimeout(() => dismiss(notice.id), GOOD_FOR);
  }, []);
  return useMemo(() => ({ notices, notify, dismiss }), [notices, notify, dismiss]);
}

export function Notices({ notices, dismiss }: { notices: readonly Notice[]; dismiss: (id: number) => void }) {
  return (
    <div class="notices" role="log" aria-label="Notices" aria-live="polite">
      {notices.map(({ id, kind, text }) => (
        <div key={id} class={`notice ${kind}`}>
          <span aria-hidden="true">{kind === 'good' ? '✓' : '!'}</span>
          <p>{text}</p>
          <button type="button" class="close" aria-label="Dismiss" onClick={() => dismiss(id)}>
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
