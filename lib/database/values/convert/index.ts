import { type Kind, type Neutral, type NeutralValues, UnfitError } from '../neutral.js';
import type { Zones } from '../zone.js';
import { toBoolean, toDecimal, toFloat, toInteger } from './numbers.js';
import { toArray, toJson, toText, toUuid } from './texts.js';
import { toDate, toInstantValue, toTime, toWallValue } from './times.js';

type Converters = { readonly [K in Kind]: (from: Neutral, zones: Zones) => NeutralValues[K] | undefined };

const CONVERTERS: Converters = {
  integer: toInteger,
  decimal: toDecimal,
  float: toFloat,
  boolean: toBoolean,
  text: toText,
  bytes: (from) => (from.kind === 'bytes' ? from.value : undefined),
  date: toDate,
  time: toTime,
  instant: toInstantValue,
  wall: toWallValue,
  json: toJson,
  uuid: toUuid,
  array: toArray,
  other: () => undefined,
};

/** Converts a value to another logical type. @throws UnfitError if that would change it, or is not possible */
export function convert(from: Neutral, kind: Kind, zones: Zones): Neutral {
  if (from.kind === 'other') throw new UnfitError("have no counterpart: their type is the source's own");
  const value = CONVERTERS[kind](from, zones);
  if (value === undefined) {
    throw new UnfitError(`have no counterpart: they are ${from.kind}, and the target takes ${kind}`);
  }
  return { kind, value } as Neutral;
}
