import { useState } from 'preact/hooks';
import type { OnlineRestoreState } from '../../../lib/page/page-api.js';
import { undoRestore } from '../api/client.js';
import { useWithKey } from '../key/key-context.js';
import { useRefresh } from '../live/refresh-context.js';
import { Dialog } from '../parts/dialog.js';
import { useNotify } from '../parts/notices.js';
import { Problem } from '../parts/problem.js';
import { Time } from '../parts/time.js';
import { useAction } from '../parts/use-action.js';
import { showActivity } from '../runs/activity.js';
import { identityIn } from './identity.js';
import { IdentityField } from './identity-field.js';

interface Props {
  readonly restore: OnlineRestoreState;
  /** Whether the application needs an identity to open its backups, restore points included. */
  readonly needsIdentity: boolean;
  readonly onClose: () => void;
}

/** Takes a restore back, after a question. */
export function UndoDialog({ restore, needsIdentity, onClose }: Props) {
  const [identityText, setIdentityText] = useState('');
  const { isBusy, error, run } = useAction();
  const withKey = useWithKey();
  const notify = useNotify();
  const refresh = useRefresh();
  const undo = () =>
    run(async () => {
      const started = await withKey('To undo the restore', (key) =>
        undoRestore(key, restore.id, identityIn(identityText)),
      );
      if (!started) return;
      notify('good', 'The restore is being undone.');
      onClose();
      showActivity();
      refresh();
    });
  return (
    <Dialog title="Undo the restore?" onClose={onClose}>
      <p>
        The state from before the restore of <Time at={restore.startedAt} /> comes back. What the application has stored
        since then is replaced; it goes into a restore point of its own first.
      </p>
      <p>The application is closed to others while this runs.</p>
      {needsIdentity && <IdentityField value={identityText} onValue={setIdentityText} />}
      {error !== null && <Problem error={error} />}
      <div class="actions">
        <button type="button" class="danger" aria-disabled={isBusy} onClick={undo}>
          Undo the restore
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
