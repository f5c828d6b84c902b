import { plural } from './plural.js';

const NUMBER = new Intl.NumberFormat('en');
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'];
const STEP = 1000;
const SECOND_MS = 1000;
const MINUTE = 60;
const HOUR = 3600;

const BYTES = UNITS.map((unit) => {
  const display = unit === 'byte' ? 'narrow' : 'short';
  return new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: display, maximumSignificantDigits: 3 });
});

/** `3,580`. */
export function count(value: number): string {
  return NUMBER.format(value);
}

/** `1 row`, `3,580 rows`. */
export function pluralize(value: number, noun: string): string {
  return `${count(value)} ${plural(noun, value)}`;
}

/** `61 B`, `1.39 MB`: three digits, a thousand bytes to the kilobyte. */
export function size(bytes: number): string {
  // What would round to 1,000 kB is 1 MB.
  const rounded = Number(bytes.toPrecision(3));
  const unit = rounded < STEP ? 0 : Math.min(Math.floor(Math.log10(rounded) / 3), UNITS.length - 1);
  return BYTES[unit]!.format(bytes / STEP ** unit).replace(/(?<=\d)(?=[A-Z])/, ' ');
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / SECOND_MS;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${whole % MINUTE} s`;
  const minutes = Math.round(whole / MINUTE);
  return `${count(Math.floor(minutes / MINUTE))} h ${minutes % MINUTE} min`;
}
