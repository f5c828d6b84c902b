import type { RunningRun } from '../../../lib/page/page-api.js';
import { announcementOf } from '../format/runs.js';
import type { Sample } from '../live/rate.js';
import { Run } from './run.js';

interface Props {
  readonly running: readonly RunningRun[];
  readonly samples: Readonly<Record<string, readonly Sample[]>>;
}

/** What runs at the moment, in any process of the application. */
export function Runs({ running, samples }: Props) {
  return (
    <section aria-labelledby="runs">
      <h2 id="runs">Running now</h2>
      {running.length === 0 ? (
        <p>Nothing is running.</p>
      ) : (
        <ul class="runs plain">
          {running.map((run) => (
            <li key={run.id}>
              <Run run={run} samples={samples[run.id] ?? []} />
            </li>
          ))}
        </ul>
      )}
      <p class="visually-hidden" role="status" aria-live="polite">
        {running.map(announcementOf).join('. ')}
      </p>
    </section>
  );
}
