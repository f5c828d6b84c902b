import { useState } from 'preact/hooks';
import type { StatusAnswer } from '../../lib/page/page-api.js';
import { Backups } from './backups/backups.js';
import { useBackups } from './backups/use-backups.js';
import { Calendar } from './destinations/calendar-view.js';
import { Destinations } from './destinations/destinations.js';
import type { LiveState } from './live/live-state.js';
import { MakeDialog } from './make/make-dialog.js';
import { ReceivingPanel } from './make/receiving-panel.js';
import { useReceiving } from './make/use-receiving.js';
import { LastRestore } from './restore/last-restore.js';
import { Activity } from './runs/activity.js';
import { Runs } from './runs/runs.js';
import { Safety } from './safety/safety.js';

/** Everything that is known of the application's backups. */
export function View({ state, status }: { state: LiveState; status: StatusAnswer }) {
  const [isMaking, setMaking] = useState(false);
  const { receiving, start, cancel } = useReceiving();
  const backups = useBackups(versionOf(state, status));
  const { destinations, features, lastRestore, maintenance, running } = status;
  const names = destinations.map(({ name }) => name);
  return (
    <>
      <Safety status={status} />
      <div class="actions main-actions">
        <button type="button" class="primary" disabled={receiving !== null} onClick={() => setMaking(true)}>
          Make a backup now…
        </button>
      </div>
      <Activity>
        {receiving && <ReceivingPanel receiving={receiving} onCancel={cancel} />}
        {lastRestore && <LastRestore restore={lastRestore} maintenance={maintenance} />}
        <Runs running={running} samples={state.samples} />
      </Activity>
      <div class="columns">
        <Destinations destinations={destinations} items={backups.items} />
        <Calendar items={backups.items} readSince={backups.readSince} />
      </div>
      <Backups backups={backups} destinations={names} features={features} />
      {isMaking && (
        <MakeDialog
          application={status.application}
          destinations={names}
          features={features}
          receive={start}
          onClose={() => setMaking(false)}
        />
      )}
    </>
  );
}

/** Changes whenever something may have been stored, tested or deleted. */
function versionOf({ ended, returns }: LiveState, { destinations, lastRestore }: StatusAnswer): string {
  const stored = destinations.map(({ name, readable, lastBackup, lastRestoreTest }) => [
    name,
    readable,
    lastBackup?.finishedAt,
    lastRestoreTest,
  ]);
  return JSON.stringify([stored, ended.map(({ id }) => id), lastRestore?.point, returns]);
}
