import type { StatusAnswer } from '../../../lib/page/page-api.js';
import { durationText } from '../format/durations.js';
import { countText } from '../format/sizes.js';
import { Facts } from '../parts/facts.js';
import { Ago } from '../parts/time.js';
import { useNow } from '../parts/use-now.js';
import { verdictOf } from './verdict.js';

const MARKS = { good: '✓', attention: '!', bad: '✕' };

/** The answer to “are we safe?”, and what it rests on. */
export function Safety({ status }: { status: StatusAnswer }) {
  const now = useNow(20_000);
  const { level, answer, summary, findings } = verdictOf(status, now);
  const { lastBackup, lastRestoreTest, nextRuns } = status;
  return (
    <section class={`safety ${level}`} aria-labelledby="safety">
      <h2 id="safety">
        <small>Are we safe?</small>{' '}
        <span class="mark" aria-hidden="true">
          {MARKS[level]}
        </span>
        {answer}
      </h2>
      <p class="summary">{summary}</p>
      {findings.length > 0 && (
        <ul class="findings" aria-label="What is missing">
          {findings.map(({ level: severity, text }) => (
            <li key={text} class={severity}>
              <strong>{severity === 'bad' ? 'Bad:' : 'Attention:'}</strong> {text}
            </li>
          ))}
        </ul>
      )}
      <Facts
        facts={[
          [
            'Last good backup',
            lastBackup ? (
              <>
                <Ago at={lastBackup.finishedAt} />
                <br />
                {countText(lastBackup.rows, 'row')} and {countText(lastBackup.files, 'file')} in{' '}
                {durationText(lastBackup.seconds)}
              </>
            ) : (
              'None is known'
            ),
          ],
          ['Last restore test that passed', lastRestoreTest ? <Ago at={lastRestoreTest} /> : 'None is known'],
          [
            'Next run',
            nextRuns[0] ? (
              <ul class="plain">
                {nextRuns.slice(0, 3).map(({ name, kind, at, destinations }) => (
                  <li key={`${name} ${kind} ${at}`}>
                    <Ago at={at} />: {kind === 'backup' ? 'backup' : 'restore test'} “{name}”
                    {destinations.length > 0 && ` (${destinations.join(', ')})`}
                  </li>
                ))}
              </ul>
            ) : (
              'None is planned'
            ),
          ],
        ]}
      />
    </section>
  );
}
