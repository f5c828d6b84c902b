const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration in seconds in its two largest units: `45 s`, `3 min 20 s`, `2 h 5 min`, `3 days 4 h`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return joined(Math.floor(whole / MINUTE), 'min', whole % MINUTE, 's');
  const minutes = Math.round(whole / MINUTE);
  if (minutes < DAY / MINUTE) return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(whole / HOUR);
  const days = Math.floor(hours / 24);
  return joined(days, days === 1 ? 'day' : 'days', hours % 24, 'h');
}

/** How long ago, or how far ahead, in its largest unit: `just now`, `5 minutes ago`, `in 3 hours`. In ms since 1970. */
export function relativeText(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  const away = Math.abs(seconds);
  if (away < MINUTE) return seconds > 0 ? 'in less than a minute' : 'just now';
  const [count, unit] =
    away < HOUR
      ? [Math.floor(away / MINUTE), 'minute']
      : away < 2 * DAY
        ? [Math.floor(away / HOUR), 'hour']
        : [Math.floor(away / DAY), 'day'];
  const text = `${count} ${unit}${count === 1 ? '' : 's'}`;
  return seconds > 0 ? `in ${text}` : `${text} ago`;
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
