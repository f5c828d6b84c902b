import { UnfitError } from './neutral.js';

/** The offset of its clocks from UTC in minutes, at an instant in milliseconds since 1970. */
export interface Zone {
  readonly name: string;
  offsetAt(milliseconds: number): number;
}

/** The zone of this process, which drivers assume for dates and times of day without a zone. */
export const LOCAL: Zone = { name: 'local', offsetAt: (at) => -new Date(at).getTimezoneOffset() };

/** The zones of dates and times without a zone, on both sides of a conversion. */
export interface Zones {
  readonly from: Zone;
  readonly to: Zone;
}

const DAY_MS = 86_400_000;

/** @param setting in the form that drivers accept: `local`, `Z`, `+02:00` */
export function zoneOf(setting: string | undefined): Zone {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(setting ?? '') ?? [];
  if (setting === 'Z') return { name: '+00:00', offsetAt: () => 0 };
  if (sign === undefined) return LOCAL;
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  return { name: `${sign}${hours}:${minutes}`, offsetAt: () => offset };
}

/** What the clocks of a zone show at an instant. @throws UnfitError when they show that time twice, or never */
export function toWall(instant: bigint, zone: Zone): bigint {
  const wall = instant + shift(zone, instant);
  toInstant(wall, zone);
  return wall;
}

/** The instant at which the clocks of a zone show this time. @throws UnfitError when there are two, or none */
export function toInstant(wall: bigint, zone: Zone): bigint {
  const around = [-DAY_MS, DAY_MS].map((aside) => shift(zone, wall + BigInt(aside) * 1000n));
  const instants = [...new Set(around)].map((offset) => wall - offset);
  const meant = instants.filter((instant) => instant + shift(zone, instant) === wall);
  if (meant.length !== 1) throw new UnfitError('are of an hour that the local clocks show twice or skip');
  return meant[0]!;
}

function shift(zone: Zone, instant: bigint): bigint {
  return BigInt(Math.round(zone.offsetAt(Number(instant / 1000n)) * 60)) * 1_000_000n;
}
