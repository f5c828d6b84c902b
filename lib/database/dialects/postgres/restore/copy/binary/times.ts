import { type BinaryEncoder, digitAt, isDigit, putInt64, twoDigits } from './encoder.js';

/*
 * Dates are days, and times microseconds, since the year 2000, as signed integers. Only what the server writes in its ISO
 * format, in UTC, for the years 1 to 9999 is read here; the rest is left to the types' input.
 */
const [DASH, COLON, POINT, SPACE, PLUS] = [0x2d, 0x3a, 0x2e, 0x20, 0x2b];
const [DATE_BYTES, TIME_BYTES] = ['2000-01-01'.length, '00:00:00'.length];
const MICRO_DIGITS = 6;
const UTC = '+00';
const DAY_SECONDS = 86_400;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const DAYS_BEFORE_MONTH = MONTH_DAYS.map((_, month) => MONTH_DAYS.slice(0, month).reduce((sum, days) => sum + days, 0));

const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysBeforeYear = (year: number) => {
  const last = year - 1;
  return last * 365 + Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400);
};
const FIRST_DAY = daysBeforeYear(2000);

/** @returns NaN for what is not a day */
function daysOf(bytes: Buffer, at: number): number {
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
  const [month, day] = [twoDigits(bytes, at + 5), twoDigits(bytes, at + 8)];
  if (bytes[at + 4] !== DASH || bytes[at + 7] !== DASH || !(year > 0 && month >= 1 && month <= 12)) return Number.NaN;
  const leaps = isLeap(year);
  if (!(day >= 1 && day <= MONTH_DAYS[month - 1]! + (leaps && month === 2 ? 1 : 0))) return Number.NaN;
  return daysBeforeYear(year) + DAYS_BEFORE_MONTH[month - 1]! + (leaps && month > 2 ? 1 : 0) + day - 1 - FIRST_DAY;
}

/** @returns NaN for what is not a time of the day */
function secondsOf(bytes: Buffer, at: number): number {
  const [hours, minutes, seconds] = [twoDigits(bytes, at), twoDigits(bytes, at + 3), twoDigits(bytes, at + 6)];
  if (bytes[at + 2] !== COLON || bytes[at + 5] !== COLON) return Number.NaN;
  return hours < 24 && minutes < 60 && seconds < 60 ? (hours * 60 + minutes) * 60 + seconds : Number.NaN;
}

/** @returns the microseconds that follow a second, if any; NaN for what is no such fraction */
function microsOf(bytes: Buffer, start: number, end: number): number {
  if (start === end) return 0;
  const digits = end - start - 1;
  if (bytes[start] !== POINT || digits < 1 || digits > MICRO_DIGITS) return Number.NaN;
  let value = 0;
  for (let at = start + 1; at < end; at++) {
    const digit = digitAt(bytes, at);
    if (!isDigit(digit)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value * 10 ** (MICRO_DIGITS - digits);
}

/** Their product with a million can be more than a double holds exactly. */
function putMicros(view: DataView, at: number, seconds: number, micros: number): number {
  // A million is 15625 times 64, and so is the low half put together: what remains of 2^26, times 64.
  const parts = seconds * 15_625;
  let high = Math.floor(parts / 2 ** 26);
  let low = (parts - high * 2 ** 26) * 64 + micros;
  if (low >= 2 ** 32) {
    low -= 2 ** 32;
    high++;
  }
  view.setInt32(at, high);
  view.setUint32(at + 4, low);
  return at + 8;
}

function isUtc(bytes: Buffer, at: number): boolean {
  return bytes[at] === PLUS && twoDigits(bytes, at + 1) === 0;
}

function putMoment(bytes: Buffer, start: number, end: number, view: DataView, at: number): number {
  const time = start + DATE_BYTES + 1;
  if (end < time + TIME_BYTES || bytes[time - 1] !== SPACE) return -1;
  const seconds = daysOf(bytes, start) * DAY_SECONDS + secondsOf(bytes, time);
  const micros = microsOf(bytes, time + TIME_BYTES, end);
  return Number.isNaN(seconds + micros) ? -1 : putMicros(view, at, seconds, micros);
}

export const timestamp: BinaryEncoder = ({ bytes }, start, end, { view }, at) => putMoment(bytes, start, end, view, at);

export const timestamptz: BinaryEncoder = ({ bytes }, start, end, { view }, at) =>
  isUtc(bytes, end - UTC.length) ? putMoment(bytes, start, end - UTC.length, view, at) : -1;

export const date: BinaryEncoder = ({ bytes }, start, end, { view }, at) => {
  const days = end - start === DATE_BYTES ? daysOf(bytes, start) : Number.NaN;
  if (Number.isNaN(days)) return -1;
  view.setInt32(at, days);
  return at + 4;
};

export const time: BinaryEncoder = ({ bytes }, start, end, { view }, at) => {
  if (end - start < TIME_BYTES) return -1;
  const micros = secondsOf(bytes, start) * 1_000_000 + microsOf(bytes, start + TIME_BYTES, end);
  return Number.isNaN(micros) ? -1 : putInt64(view, at, micros);
};
