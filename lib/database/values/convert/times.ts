import { type Neutral, UnfitError } from '../neutral.js';
import { parseDate, parseDateTime, parseTime } from '../times.js';
import { toInstant, toWall, type Zones } from '../zone.js';

export function toDate(from: Neutral): string | undefined {
  if (from.kind === 'text') return parseDate(from.value);
  return from.kind === 'date' ? from.value : undefined;
}

export function toTime(from: Neutral): bigint | undefined {
  if (from.kind === 'text') return parseTime(from.value);
  return from.kind === 'time' ? from.value : undefined;
}

export function toInstantValue(from: Neutral, zones: Zones): bigint | undefined {
  if (from.kind === 'text') return parse(from.value, true);
  if (from.kind === 'wall') return toInstant(from.value, zones.from);
  return from.kind === 'instant' ? from.value : undefined;
}

export function toWallValue(from: Neutral, { from: here, to: there }: Zones): bigint | undefined {
  if (from.kind === 'text') return parse(from.value, false);
  if (from.kind === 'instant') return toWall(from.value, there);
  if (from.kind !== 'wall') return undefined;
  return here.name === there.name ? from.value : toWall(toInstant(from.value, here), there);
}

function parse(text: string, wantsZone: boolean): bigint {
  const { micros, zoned } = parseDateTime(text);
  if (zoned !== wantsZone) throw new UnfitError(wantsZone ? 'name no time zone' : 'name a time zone');
  return micros;
}
