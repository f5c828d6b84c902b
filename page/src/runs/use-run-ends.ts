import { useEffect, useRef } from 'preact/hooks';
import type { OnlineRestoreState, RunEvent } from '../../../lib/page/page-api.js';
import { endText } from '../format/runs.js';
import type { Notice } from '../parts/notices.js';
import { explain } from '../restore/explain.js';

type Notify = (kind: Notice['kind'], text: string) => void;

/** Tells of each run that ends, once. Of a restore from the page it tells the result, which is that of several runs. */
export function useRunEnds(ended: readonly RunEvent[], restore: OnlineRestoreState | null, notify: Notify): void {
  const told = useRef(new Set<string>());
  const before = useRef(restore);
  useEffect(() => {
    for (const event of ended) {
      const text = endText(event);
      if (told.current.has(event.id) || text === null) continue;
      told.current.add(event.id);
      if (!isPartOf(event, restore)) notify(event.state === 'success' ? 'good' : 'bad', text);
    }
  }, [ended, restore, notify]);
  useEffect(() => {
    const isOver = restore !== null && restore.result !== null;
    if (isOver && before.current?.id === restore.id && before.current.result === null) {
      const { level, title, text } = explain(restore);
      notify(level === 'good' ? 'good' : 'bad', `${title}. ${text}`);
    }
    before.current = restore;
  }, [restore, notify]);
}

function isPartOf({ id, kind }: RunEvent, restore: OnlineRestoreState | null): boolean {
  return kind === 'restore' && restore !== null && (restore.result === null || restore.id === id);
}
