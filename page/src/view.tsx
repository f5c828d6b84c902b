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
import { UploadDialog } from './upload/upload-dialog.js';
import { Uploads } from './upload/uploads.js';
import { useUploads } from './upload/use-uploads.js';

/** Everything that is known of the application's backups. */
export function View({ state, status }: { state: LiveState; status: StatusAnswer }) {
  const [open, setOpen] = useState<'make' | 'upload' | null>(null);
  const { receiving, start, cancel } = useReceiving();
  const { destinations, features, lastRestore, maintenance, running } = status;
  const uploads = useUploads(features.upload, state.returns);
  const backups = useBackups(versionOf(state, status) + uploads.stored);
  const names = destinations.map(({ name }) => name);
  return (
    <>
      <Safety status={status} />
      <div class="actions main-actions">
        <button type="button" class="primary" disabled={receiving !== null} onClick={() => setOpen('make')}>
          Make a backup now…
        </button>
        {features.upload && (
          <button type="button" onClick={() => setOpen('upload')}>
            Upload a backup…
          </button>
        )}
      </div>
      <Activity>
        {receiving && <ReceivingPanel receiving={receiving} onCancel={cancel} />}
        <Uploads uploads={uploads} backups={backups.items} features={features} />
        {lastRestore && (
          <LastRestore restore={lastRestore} maintenance={maintenance} needsIdentity={features.needsIdentity} />
        )}
        <Runs running={running} samples={state.samples} />
      </Activity>
      <div class="columns">
        <Destinations destinations={destinations} items={backups.items} />
        <Calendar items={backups.items} readSince={backups.readSince} />
      </div>
      <Backups backups={backups} destinations={names} features={features} />
      {open === 'make' && (
        <MakeDialog
          application={status.application}
          destinations={names}
          features={features}
          receive={start}
          onClose={() => setOpen(null)}
        />
      )}
      {open === 'upload' && (
        <UploadDialog destinations={names} features={features} uploads={uploads} onClose={() => setOpen(null)} />
      )}
    </>
  );
}

/** Changes whenever something may have been stored, tested or deleted. */
function versionOf({ ended, returns }: LiveState, { destinations, lastRestore }: StatusAnswer): string {
  const stored = destinations.map(({ name, readable, lastBackup, lastRestoreTest, uncountedRestoreTest }) => [
    name,
    readable,
    lastBackup?.finishedAt,
    lastRestoreTest,
    uncountedRestoreTest,
  ]);
  return JSON.stringify([stored, ended.map(({ id }) => id), lastRestore?.point, returns]);
}
