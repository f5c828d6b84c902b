import { relativeText } from '../format/durations.js';
import { timeText, utcText } from '../format/times.js';
import { useNow } from './use-now.js';

/** A time in the reader's zone, with UTC beside it. */
export function Time({ at }: { at: string }) {
  const date = new Date(at);
  const utc = utcText(date);
  return (
    <time dateTime={at} title={at}>
      {timeText(date)}
      {utc === null ? ' UTC' : <small class="utc"> ({utc})</small>}
    </time>
  );
}

/** The same, after how long ago it was or how far ahead it is. */
export function Ago({ at }: { at: string }) {
  const now = useNow(20_000);
  return (
    <>
      <strong>{relativeText(Date.parse(at), now)}</strong>, <Time at={at} />
    </>
  );
}
