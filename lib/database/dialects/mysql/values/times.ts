import { type ValueWriter, writerOf } from '../../../values/engine-values.js';
import { UnfitError } from '../../../values/neutral.js';
import { formatDateTime, formatTime, parseTime, withinPrecision } from '../../../values/times.js';

const LONGEST = parseTime('838:59:59');
const SECOND = 1_000_000n;
/** 2038-01-19 03:14:07.999999 */
const LAST_TIMESTAMP = 2n ** 31n * SECOND - 1n;

export function timeWriter(precision: number): ValueWriter {
  return writerOf('time', (value) => {
    if (value > LONGEST || value < -LONGEST) throw new UnfitError('are out of the range of the target');
    return formatTime(withinPrecision(value, precision, 'time(6)'), precision);
  });
}

/** A datetime is wall-clock time, a timestamp is an instant within a limited range of years. */
export function dateTimes(base: 'datetime' | 'timestamp', precision: number): ValueWriter {
  const format = (value: bigint) => formatDateTime(withinPrecision(value, precision, `${base}(6)`), precision);
  if (base === 'datetime') return writerOf('wall', format);
  return writerOf('instant', (value) => {
    if (value < SECOND || value > LAST_TIMESTAMP) {
      throw new UnfitError('are out of the range of the target (a timestamp ends in 2038; datetime(6) takes them)');
    }
    return format(value);
  });
}
