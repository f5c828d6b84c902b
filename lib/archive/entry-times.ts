import type { Entry } from 'yauzl';

type ExtraFields = Entry['extraFields'];

/** Info-ZIP's extended timestamp: whole seconds, read by nearly every program. */
const UNIX_TIME = 0x5455;
/** NTFS times: units of 100 ns since 1601, read by 7-Zip and libarchive. */
const NTFS_TIME = 0x000a;
const TICKS_PER_MICROSECOND = 10;
const TICKS_PER_SECOND = 10_000_000;
/** Some programs read the 32 bits as signed and others as unsigned: only values that both understand are written. */
const LAST_UNIX_SECOND = 2 ** 31 - 1;
const FIRST_MS = Date.UTC(1601, 0, 1);
const LAST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);
const FIRST_DOS_MS = Date.UTC(1980, 0, 1);
const LAST_DOS_MS = Date.UTC(2107, 11, 31, 23, 59, 58);

const NTFS_FIELD = fieldOf(NTFS_TIME, 32, (data) => {
  data.writeUInt16LE(1, 4);
  data.writeUInt16LE(24, 6);
});
const BOTH_FIELDS = Buffer.concat([fieldOf(UNIX_TIME, 5, (data) => data.writeUInt8(1, 0)), NTFS_FIELD]);

/** Whether an archive can hold a modification time; otherwise it holds the nearest one that it can. */
export function holdsTime(mtimeMs: number): boolean {
  return mtimeMs >= FIRST_MS && mtimeMs <= LAST_MS;
}

/** A time as an archive returns it: to the microsecond, within its limits. */
export function archivedTime(mtimeMs: number): number {
  const kept = Math.min(Math.max(mtimeMs, FIRST_MS), LAST_MS);
  const seconds = Math.floor(kept / 1000);
  return seconds * 1000 + microseconds(kept, seconds) / 1000;
}

/** The microseconds of a second, computed separately because a number cannot hold them together with all seconds. */
function microseconds(mtimeMs: number, seconds: number): number {
  return Math.round((mtimeMs - seconds * 1000) * 1000);
}

/** Upper limit of what `writeTimeFields` writes. */
export const MOST_TIME_BYTES = BOTH_FIELDS.length;

/**
 * The extra fields with an entry's modification time, identical in its local header and in the ZIP's central directory.
 */
export function timeFields(mtimeMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(MOST_TIME_BYTES);
  return bytes.subarray(0, writeTimeFields(bytes, 0, mtimeMs));
}

/** Writes the same at a place in `bytes`. @returns their length */
export function writeTimeFields(bytes: Buffer, at: number, mtimeMs: number): number {
  const kept = archivedTime(mtimeMs);
  const seconds = Math.floor(kept / 1000);
  const hasUnixTime = seconds >= 0 && seconds <= LAST_UNIX_SECOND;
  const length = (hasUnixTime ? BOTH_FIELDS : NTFS_FIELD).copy(bytes, at);
  if (hasUnixTime) bytes.writeInt32LE(seconds, at + 5);
  // A number holds only 53 of the 64 bits, so the ticks of whole seconds are multiplied in two halves.
  const sinceFirst = seconds - FIRST_MS / 1000;
  const upper = Math.floor(sinceFirst / 2 ** 16) * TICKS_PER_SECOND;
  const ticks = microseconds(kept, seconds) * TICKS_PER_MICROSECOND;
  const lower = (upper % 2 ** 16) * 2 ** 16 + (sinceFirst % 2 ** 16) * TICKS_PER_SECOND + ticks;
  const low = lower % 2 ** 32;
  const high = Math.floor(upper / 2 ** 16) + Math.floor(lower / 2 ** 32);
  // It has room for three times: modified, accessed and created. Only the first is known, and none can be left out.
  const end = at + length;
  for (let place = end - 24; place < end; place += 8) {
    bytes.writeUInt32LE(low, place);
    bytes.writeUInt32LE(high, place + 4);
  }
  return length;
}

/** The old time format of ZIP: in UTC, to two seconds, from 1980 to 2107. */
export function dosTime(mtimeMs: number): number {
  const time = new Date(Math.min(Math.max(mtimeMs, FIRST_DOS_MS), LAST_DOS_MS));
  const day = ((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate();
  const clock = (time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1);
  return day * 0x10000 + clock;
}

/** Whether an entry has the field that this library writes for every entry. */
export function hasExactTime(fields: ExtraFields): boolean {
  return ntfsTime(fields) !== undefined;
}

/** Modification time of an entry in milliseconds with a fraction, from the most exact of its fields. */
export function readTime(fields: ExtraFields, dosDate: number, dosClock: number): number {
  return ntfsTime(fields) ?? unixTime(fields) ?? fromDos(dosDate, dosClock);
}

function ntfsTime(fields: ExtraFields): number | undefined {
  const data = fields.find(({ id }) => id === NTFS_TIME)?.data;
  if (!data || data.length < 16 || data.readUInt16LE(4) !== 1 || data.readUInt16LE(6) < 8) return undefined;
  const ticks = data.readBigUInt64LE(8);
  const perSecond = BigInt(TICKS_PER_SECOND);
  const seconds = Number(ticks / perSecond) + FIRST_MS / 1000;
  return seconds * 1000 + Math.floor(Number(ticks % perSecond) / TICKS_PER_MICROSECOND) / 1000;
}

function unixTime(fields: ExtraFields): number | undefined {
  const data = fields.find(({ id }) => id === UNIX_TIME)?.data;
  if (!data || data.length < 5 || (data.readUInt8(0) & 1) === 0) return undefined;
  return data.readInt32LE(1) * 1000;
}

function fromDos(date: number, clock: number): number {
  const [year, month, day] = [(date >> 9) + 1980, ((date >> 5) & 0xf) - 1, date & 0x1f];
  return Date.UTC(year, month, day, clock >> 11, (clock >> 5) & 0x3f, (clock & 0x1f) * 2);
}

function fieldOf(id: number, bytes: number, fill: (data: Buffer) => void): Buffer {
  const field = Buffer.alloc(4 + bytes);
  field.writeUInt16LE(id, 0);
  field.writeUInt16LE(bytes, 2);
  fill(field.subarray(4));
  return field;
}
