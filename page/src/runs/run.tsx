import type { RunningRun } from '../../../lib/page/page-api.js';
import { durationText } from '../format/durations.js';
import { kindText, phaseText, starterText, workText } from '../format/runs.js';
import { countText, sizeText } from '../format/sizes.js';
import { rateOf, type Sample, shareOf, timeLeft } from '../live/rate.js';
import { Facts } from '../parts/facts.js';
import { Time } from '../parts/time.js';
import { useNow } from '../parts/use-now.js';
import { CancelRun } from './cancel-run.js';

/** A run and how far it is. */
export function Run({ run, samples }: { run: RunningRun; samples: readonly Sample[] }) {
  const now = useNow(1_000);
  const { id, kind, phase, rows, files, bytes, total, work, startedAt, cancellable } = run;
  const share = shareOf(work);
  const rate = rateOf(samples, now);
  const left = timeLeft(work, rate);
  const of = (value: string, whole: string | null) => (whole === null ? value : `${value} of ${whole}`);
  return (
    <article class="run" aria-labelledby={`run-${id}`}>
      <header>
        <h3 id={`run-${id}`}>
          {kindText(kind)}: {phaseText(phase)}
        </h3>
        {cancellable && <CancelRun id={id} kind={kind} />}
      </header>
      <progress
        key={share === null ? 'unknown' : 'known'}
        aria-label={`${kindText(kind)}, progress`}
        aria-valuetext={workText(work)}
        max={1}
        value={share ?? undefined}
      />
      <p class="numbers">
        <strong>{share === null ? sizeText(work.done) : `${Math.floor(share * 100)}%`}</strong>
        {rate !== null && <span>{sizeText(rate)}/s</span>}
        {left !== null && <span>about {durationText(left)} left</span>}
      </p>
      <Facts
        facts={[
          ['Rows', of(rows.toLocaleString('en-GB'), total && countText(total.rows, 'row'))],
          ['Files', of(files.toLocaleString('en-GB'), total && countText(total.files, 'file'))],
          ['Bytes', of(sizeText(bytes), total && sizeText(total.bytes))],
          [
            'Started',
            <>
              <Time at={startedAt} />, {durationText((now - Date.parse(startedAt)) / 1000)} ago, {starterText(run)}
            </>,
          ],
        ]}
      />
    </article>
  );
}
