import { useState } from 'preact/hooks';
import type { RunningRun } from '../../../lib/page/page-api.js';
import { cancelRun } from '../api/client.js';
import { kindText } from '../format/runs.js';
import { useWithKey } from '../key/key-context.js';
import { Dialog } from '../parts/dialog.js';
import { Hidden } from '../parts/hidden.js';
import { Problem } from '../parts/problem.js';
import { useAction } from '../parts/use-action.js';

/** Ends a run before its end, after a question. */
export function CancelRun({ id, kind }: Pick<RunningRun, 'id' | 'kind'>) {
  const [isAsking, setAsking] = useState(false);
  const [isCancelled, setCancelled] = useState(false);
  const { isBusy, error, run } = useAction();
  const withKey = useWithKey();
  const what = kindText(kind).toLowerCase();
  const cancel = () =>
    run(async () => {
      const answer = await withKey(`To cancel the ${what}`, (key) => cancelRun(key, id));
      if (answer === undefined) return;
      setCancelled(true);
      setAsking(false);
    });
  if (isCancelled) return <p>Being cancelled…</p>;
  return (
    <>
      <button type="button" onClick={() => setAsking(true)}>
        Cancel <Hidden>the {what}</Hidden>
      </button>
      {isAsking && (
        <Dialog title={`Cancel the ${what}?`} onClose={() => setAsking(false)}>
          <p>{CONSEQUENCES[kind]}</p>
          {error !== null && <Problem error={error} />}
          <div class="actions">
            <button type="button" class="danger" aria-disabled={isBusy} onClick={cancel}>
              Cancel the {what}
            </button>
            <button type="button" onClick={() => setAsking(false)}>
              Let it run
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

const CONSEQUENCES: Readonly<Record<RunningRun['kind'], string>> = {
  backup: 'It stores nothing then: no destination keeps a part of it.',
  restore: 'The application keeps the state that it had.',
  verify: 'The backup is left as it is.',
  test: 'The backup is left as it is, and does not count as tested.',
};
