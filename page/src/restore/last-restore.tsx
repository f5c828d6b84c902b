import { useState } from 'preact/hooks';
import type { MaintenanceState, OnlineRestoreState } from '../../../lib/page/page-api.js';
import { Facts } from '../parts/facts.js';
import { Time } from '../parts/time.js';
import { explain, STEPS } from './explain.js';
import { UndoDialog } from './undo-dialog.js';

interface Props {
  readonly restore: OnlineRestoreState;
  readonly maintenance: MaintenanceState | null;
  /** Whether the application needs an identity to open its backups. */
  readonly needsIdentity: boolean;
}

/** The last restore from the page: how far it is, or what has become of it. */
export function LastRestore({ restore, maintenance, needsIdentity }: Props) {
  const [isUndoing, setUndoing] = useState(false);
  const { level, title, text } = explain(restore);
  const { backup, destination, startedAt, finishedAt, point, canUndo, error, user } = restore;
  return (
    <section class={`last-restore ${level}`} aria-labelledby="last-restore">
      <h2 id="last-restore">
        <small>{restore.undoes === null ? 'Last restore' : 'Last restore, an undo'}</small> {title}
      </h2>
      <p role="status">{text}</p>
      {maintenance && (
        <p>
          The application has answered nobody else since <Time at={maintenance.since} />.
        </p>
      )}
      {restore.result === null && <Steps phase={restore.phase} />}
      {error && (
        <div class="problem">
          <p class="multiline">{error.message}</p>
          <p>
            <small>
              Code <code>{error.code}</code>
            </small>
          </p>
        </div>
      )}
      <Facts
        facts={[
          [
            'Backup',
            <>
              <code>{backup}</code> in {destination}
            </>,
          ],
          ['Started', <Time at={startedAt} />],
          ['By', user],
          ['Ended', finishedAt && <Time at={finishedAt} />],
          [
            'Restore point',
            point && (
              <>
                <code>{point.id}</code> in {point.destination}
              </>
            ),
          ],
        ]}
      />
      {canUndo && (
        <div class="actions">
          <button type="button" onClick={() => setUndoing(true)}>
            Undo the restore…
          </button>
        </div>
      )}
      {isUndoing && <UndoDialog restore={restore} needsIdentity={needsIdentity} onClose={() => setUndoing(false)} />}
    </section>
  );
}

function Steps({ phase }: { phase: OnlineRestoreState['phase'] }) {
  const current = STEPS.findIndex((step) => step.phase === phase);
  if (current < 0) return null;
  return (
    <ol class="steps">
      {STEPS.map(({ phase: step, text }, index) => (
        <li
          key={step}
          aria-current={index === current ? 'step' : undefined}
          class={index < current ? 'past' : undefined}
        >
          {text}
          {index < current && ' ✓'}
        </li>
      ))}
    </ol>
  );
}
