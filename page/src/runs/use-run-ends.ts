import { useEffect, useRef } from 'preact/hooks';
import type { RunEvent } from '../../../lib/page/page-api.js';
import { endText } from '../format/runs.js';
import type { Notice } from '../parts/notices.js';

/** Tells of each run that ends, once. */
export function useRunEnds(ended: readonly RunEvent[], notify: (kind: Notice['kind'], text: string) => void): void {
  const told = useRef(new Set<string>());
  useEffect(() => {
    for (const event of ended) {
      const text = endText(event);
      if (told.current.has(event.id) || text === null) continue;
      told.current.add(event.id);
      notify(event.state === 'success' ? 'good' : 'bad', text);
    }
  }, [ended, notify]);
}
