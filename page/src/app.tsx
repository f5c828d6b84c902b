import { useEffect, useMemo } from 'preact/hooks';
import { KeyProvider } from './key/key-provider.js';
import { RefreshContext } from './live/refresh-context.js';
import { useLive } from './live/use-live.js';
import { ConnectionNote } from './parts/connection.js';
import { Notices, Notify, useNotices } from './parts/notices.js';
import { useRunEnds } from './runs/use-run-ends.js';
import { View } from './view.js';

/** The page. */
export function App() {
  const { state, refresh } = useLive();
  const { notices, notify, dismiss } = useNotices();
  useRunEnds(state.ended, state.status?.lastRestore ?? null, notify);
  const application = state.status?.application;
  useEffect(() => {
    if (application !== undefined) document.title = `Backups of ${application}`;
  }, [application]);
  const view = useMemo(() => state.status && <View state={state} status={state.status} />, [state]);
  return (
    <Notify.Provider value={notify}>
      <RefreshContext.Provider value={refresh}>
        <KeyProvider>
          <header class="top">
            <h1>Backups{application !== undefined && ` of ${application}`}</h1>
          </header>
          <main tabIndex={-1}>
            <ConnectionNote state={state} onRetry={refresh} />
            {view ?? (state.connection === 'connecting' && <p role="status">Loading…</p>)}
          </main>
          <Notices notices={notices} dismiss={dismiss} />
        </KeyProvider>
      </RefreshContext.Provider>
    </Notify.Provider>
  );
}
