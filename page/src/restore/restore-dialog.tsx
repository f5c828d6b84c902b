import { useEffect, useId, useMemo, useState } from 'preact/hooks';
import type { OnlineRestorePlan } from '../../../lib/page/page-api.js';
import { ApiError } from '../api/api-error.js';
import { planRestore, type Reference, startRestore } from '../api/client.js';
import { useWithKey } from '../key/key-context.js';
import { useRefresh } from '../live/refresh-context.js';
import { Dialog } from '../parts/dialog.js';
import { useNotify } from '../parts/notices.js';
import { Problem } from '../parts/problem.js';
import { useAction } from '../parts/use-action.js';
import { showActivity } from '../runs/activity.js';
import { identityIn } from './identity.js';
import { IdentityField } from './identity-field.js';
import { Plan } from './plan.js';

interface Props {
  readonly item: Reference;
  /** Whether the application needs an identity to open its backups. */
  readonly needsIdentity: boolean;
  readonly onClose: () => void;
}

/** Restores a stored backup into the running application: shows the plan, and asks for the application's name. */
export function RestoreDialog({ item, needsIdentity, onClose }: Props) {
  const [plan, setPlan] = useState<OnlineRestorePlan | null>(null);
  const [identityText, setIdentityText] = useState('');
  const [typed, setTyped] = useState('');
  const planning = useAction();
  const starting = useAction();
  const withKey = useWithKey();
  const notify = useNotify();
  const refresh = useRefresh();
  const fieldId = useId();
  const reading = useMemo(() => new AbortController(), []);
  const identity = identityIn(identityText);

  const makePlan = () =>
    planning.run(async () => {
      try {
        const answer = await withKey('To plan a restore', (key) => planRestore(key, item, identity, reading.signal));
        if (answer) setPlan(answer);
        else onClose();
      } catch (error) {
        if (!reading.signal.aborted) throw error;
      }
    });
  useEffect(() => {
    if (!needsIdentity) void makePlan();
    return () => reading.abort();
  }, []);

  const start = () =>
    starting.run(async () => {
      const started = await withKey('To restore a backup', (key) => startRestore(key, item, typed, identity));
      if (!started) return;
      notify('good', 'The restore has started.');
      onClose();
      showActivity();
      refresh();
    });

  const isConfirmed = plan !== null && typed === plan.confirm;
  return (
    <Dialog title="Restore a backup" onClose={onClose}>
      {plan === null && needsIdentity && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void makePlan();
          }}
        >
          <IdentityField value={identityText} onValue={setIdentityText} />
          <div class="actions">
            <button type="submit" class="primary" aria-disabled={planning.isBusy}>
              Show the plan
            </button>
          </div>
        </form>
      )}
      {planning.isBusy && <p role="status">Planning: the restore is tried out, and nothing is changed…</p>}
      {planning.error !== null && (
        <>
          <p>{failureOf(planning.error)} Nothing was changed.</p>
          <Problem error={planning.error} />
        </>
      )}
      {plan !== null && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (isConfirmed) void start();
          }}
        >
          <Plan plan={plan} />
          <label for={fieldId}>
            Type <strong>{plan.confirm}</strong> to confirm
          </label>
          <input
            id={fieldId}
            type="text"
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          {starting.error !== null && <Problem error={starting.error} />}
          <div class="actions">
            <button type="submit" class="danger" disabled={!isConfirmed} aria-disabled={starting.isBusy}>
              Restore
            </button>
            <button type="button" onClick={onClose}>
              Cancel
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function failureOf(error: unknown): string {
  const isRefused = error instanceof ApiError && error.code === 'RESTORE_REFUSED';
  return isRefused ? 'This backup cannot be restored into the application as it is.' : 'There is no plan.';
}
