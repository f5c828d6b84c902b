import { parseJson } from '../json-text.js';
import { type Neutral, type NeutralArray, UnfitError } from '../neutral.js';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const NUMERIC = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

export function toText(from: Neutral): string | undefined {
  switch (from.kind) {
    case 'text':
    case 'uuid':
    case 'json':
    case 'date':
    case 'decimal':
      return from.value;
    case 'integer':
    case 'float':
      return String(from.value);
    case 'array':
      return commaText(from.value);
    default:
      return undefined;
  }
}

export function toUuid(from: Neutral): string | undefined {
  if (from.kind !== 'text' && from.kind !== 'uuid') return undefined;
  const uuid = from.value.toLowerCase();
  if (!UUID.test(uuid)) throw new UnfitError('are not UUIDs');
  return uuid;
}

export function toJson(from: Neutral): string | undefined {
  if (from.kind === 'array') return arrayJson(from.value);
  if (from.kind !== 'text' && from.kind !== 'json') return undefined;
  parseJson(from.value);
  return from.value;
}

/** A list is a JSON array, or comma-separated text as written by `simple-array`. */
export function toArray(from: Neutral): NeutralArray | undefined {
  if (from.kind === 'array') return from.value;
  if (from.kind !== 'text' && from.kind !== 'json') return undefined;
  const parsed = asJsonArray(from.value);
  if (!parsed && from.kind === 'json') throw new UnfitError('are not JSON arrays');
  return parsed ?? { items: from.value === '' ? [] : from.value.split(','), bare: false };
}

function asJsonArray(text: string): NeutralArray | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  let items: unknown;
  try {
    items = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(items)) return undefined;
  if (items.some((item) => typeof item === 'object' && item !== null)) throw new UnfitError('are lists within lists');
  if (items.some((item) => typeof item === 'number' && !Number.isSafeInteger(item) && !exact(text, item))) {
    throw new UnfitError('hold numbers with more digits than JSON keeps');
  }
  return {
    items: items.map((item) => (item === null ? null : String(item))),
    bare: items.length > 0 && items.every((item) => item === null || typeof item !== 'string'),
  };
}

/** JSON.parse may have rounded it. */
function exact(text: string, number: number): boolean {
  return text.includes(String(number));
}

function arrayJson({ items, bare }: NeutralArray): string {
  const asToken = (item: string) => (NUMERIC.test(item) || item === 'true' || item === 'false' ? item : undefined);
  if (!bare) return JSON.stringify(items);
  const tokens = items.map((item) => (item === null ? 'null' : asToken(item)));
  if (tokens.includes(undefined)) throw new UnfitError('hold numbers that JSON does not have');
  return `[${tokens.join(',')}]`;
}

/** @throws UnfitError when it would not be read back as the same list */
function commaText(array: NeutralArray): string {
  const text = array.items.join(',');
  const back = toArray({ kind: 'text', value: text })!;
  const same = back.items.length === array.items.length && back.items.every((item, at) => item === array.items[at]);
  if (!same) throw new UnfitError('are lists that text with commas cannot hold');
  return text;
}
