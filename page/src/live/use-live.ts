import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { Follower } from './follow.js';
import { type LiveState, NOTHING_KNOWN } from './live-state.js';

/** What is known of the server, as it changes; `refresh` asks at once. */
export function useLive(): { state: LiveState; refresh: () => void } {
  const [state, setState] = useState(NOTHING_KNOWN);
  const follower = useRef<Follower>(undefined);
  useEffect(() => {
    const following = new Follower(setState);
    follower.current = following;
    void following.look();
    // Whoever comes back to the page wants to see how it is now, and may have logged in elsewhere.
    const onVisible = () => {
      if (document.visibilityState === 'visible') void following.look();
    };
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      document.removeEventListener('visibilitychange', onVisible);
      following.close();
    };
  }, []);
  const refresh = useCallback(() => void follower.current?.look(), []);
  return { state, refresh };
}
