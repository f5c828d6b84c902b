import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { BackupsAnswer, StoredBackupItem } from '../../../lib/page/page-api.js';
import { getBackups } from '../api/client.js';
import { DAY } from '../safety/findings.js';

export interface StoredBackups {
  readonly items: readonly StoredBackupItem[];
  readonly unreadable: readonly string[];
  /** Whether there are older ones. */
  readonly hasMore: boolean;
  /** How far back the items reach, in ms since 1970; -Infinity when they are all. */
  readonly readSince: number;
  readonly isLoading: boolean;
  readonly error: unknown;
  readonly loadMore: () => void;
}

/** The weeks that the calendar shows. */
export const WEEKS = 6;
const PAGE = 100;
/** Of the first look: an application with a backup every minute has more in six weeks than anybody reads. */
const MOST_AT_FIRST = 500;
const NOTHING = { items: [], unreadable: [], next: null } satisfies BackupsAnswer;

/** Stored backups of all destinations, newest first: at first those of the calendar's weeks. Loads again with each version. */
export function useBackups(version: unknown): StoredBackups {
  const [answer, setAnswer] = useState<BackupsAnswer>(NOTHING);
  const [isLoading, setLoading] = useState(true);
  const [error, setError] = useState<unknown>(null);
  const loading = useRef(new AbortController());
  /** A list that is loaded again is as long as before. */
  const wanted = useRef(0);

  const load = useCallback(async (from: BackupsAnswer | null) => {
    loading.current.abort();
    loading.current = new AbortController();
    const { signal } = loading.current;
    setLoading(true);
    try {
      let read = from ?? NOTHING;
      do {
        const page = await getBackups({ before: read.next ?? undefined, limit: PAGE }, signal);
        read = { ...page, items: [...read.items, ...page.items] };
      } while (read.next !== null && read.items.length < Math.max(wanted.current, needed(read.items)));
      setAnswer(read);
      setError(null);
    } catch (caught) {
      if (!signal.aborted) setError(caught);
    } finally {
      if (!signal.aborted) setLoading(false);
    }
  }, []);

  useEffect(() => {
    void load(null);
    return () => loading.current.abort();
  }, [load, version]);

  const loadMore = useCallback(() => {
    wanted.current = answer.items.length + PAGE;
    void load(answer);
  }, [answer, load]);

  const { items, unreadable, next } = answer;
  const last = items.at(-1);
  const readSince = next === null || !last ? -Infinity : Date.parse(last.createdAt);
  return { items, unreadable, hasMore: next !== null, readSince, isLoading, error, loadMore };
}

/** How many items the calendar needs, of which the last is known. */
function needed(items: readonly StoredBackupItem[]): number {
  const last = items.at(-1);
  const reachesBack = last !== undefined && Date.parse(last.createdAt) < Date.now() - WEEKS * 7 * DAY;
  return reachesBack ? 0 : MOST_AT_FIRST;
}
