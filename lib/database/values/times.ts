import { UnfitError } from './neutral.js';

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(-?)(\d{2,3}):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?$/;
const DATE_TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d(?::?\d\d)?)?$/;

const SECOND = 1_000_000n;
const DAY = 86_400n * SECOND;

/** @throws UnfitError for anything but a day of the years 1 to 9999 */
export function parseDate(text: string): string {
  const [, year, month, day] = DATE.exec(text)?.map(Number) ?? [];
  const parsed = new Date(`${text}T00:00:00Z`);
  const exists = year! > 0 && parsed.getUTCMonth() + 1 === month && parsed.getUTCDate() === day;
  if (!exists) throw new UnfitError('are not dates of the years 1 to 9999');
  return text;
}

/** Microseconds. @throws UnfitError */
export function parseTime(text: string): bigint {
  const [, sign, hours, minutes, seconds = '0', fraction = ''] = TIME.exec(text) ?? [];
  if (hours === undefined || Number(minutes) > 59 || Number(seconds) > 59) throw new UnfitError('are not times of day');
  const whole = BigInt((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds));
  const micros = whole * SECOND + BigInt(fraction.padEnd(6, '0'));
  return sign === '-' ? -micros : micros;
}

/** Parses a date with a time of day, and its offset from UTC if it has one. @throws UnfitError */
export function parseDateTime(text: string): { micros: bigint; zoned: boolean } {
  const [, date, time, zone] = DATE_TIME.exec(text) ?? [];
  if (date === undefined) throw new UnfitError('are not dates with a time of the years 1 to 9999');
  const days = BigInt(Date.parse(`${parseDate(date)}T00:00:00Z`)) * 1000n;
  const sinceMidnight = parseTime(time!);
  if (sinceMidnight >= DAY) throw new UnfitError('are not times of day');
  return { micros: days + sinceMidnight - (zone ? parseOffset(zone) : 0n), zoned: zone !== undefined };
}

/** @param digits of the fraction of a second */
export function formatTime(micros: bigint, digits: number): string {
  const size = micros < 0n ? -micros : micros;
  const seconds = Number(size / SECOND);
  const fraction = String(size % SECOND).padStart(6, '0');
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const clock = parts.map((part) => String(part).padStart(2, '0')).join(':');
  return `${micros < 0n ? '-' : ''}${clock}${digits > 0 ? `.${fraction.slice(0, digits)}` : ''}`;
}

/** @throws UnfitError outside of the years 1 to 9999 */
export function formatDateTime(micros: bigint, digits: number): string {
  const sinceMidnight = ((micros % DAY) + DAY) % DAY;
  const date = new Date(Number((micros - sinceMidnight) / 1000n)).toISOString().slice(0, 10);
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw new UnfitError('are not dates with a time of the years 1 to 9999');
  return `${parseDate(date)} ${formatTime(sinceMidnight, digits)}`;
}

/** Number of digits that the fraction of a second needs: 0, 3 or 6. */
export function fractionDigits(micros: bigint): number {
  if (micros % SECOND === 0n) return 0;
  return micros % 1000n === 0n ? 3 : 6;
}

/**
 * @param wider a type of the target that keeps every digit
 * @throws UnfitError when a column of this precision would round it
 */
export function withinPrecision(micros: bigint, precision: number, wider: string): bigint {
  if (micros % 10n ** BigInt(6 - precision) === 0n) return micros;
  const remedy = `${wider}, in the entity precision: 6, keeps them`;
  throw new UnfitError(`are more exact than the ${precision} digits of a second that the target keeps (${remedy})`);
}

/** @throws UnfitError outside of one day */
export function withinDay(micros: bigint): bigint {
  if (micros >= 0n && micros <= DAY) return micros;
  throw new UnfitError('are not within one day');
}

function parseOffset(zone: string): bigint {
  if (zone === 'Z') return 0n;
  const [hours, minutes] = [zone.slice(1, 3), zone.slice(3).replace(':', '') || '0'].map(BigInt);
  const offset = (hours! * 60n + minutes!) * 60n * SECOND;
  return zone.startsWith('-') ? -offset : offset;
}
