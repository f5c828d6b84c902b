/** Which bytes of an object a request wants; both ends included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** What an object is called, for requests that continue an earlier one. */
export interface Validators {
  /** With its quotes. */
  readonly etag: string;
  readonly lastModified: Date;
}

/** Units are case-insensitive (section 14.1), and a position may lie behind any end. */
const RANGE = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/i;

/**
 * RFC 9110, sections 13.1.5 and 14.2. Several ranges, other units and what cannot be parsed are answered with everything,
 * as that allows.
 * @returns undefined for everything, null when there are no such bytes (416)
 */
export function requestedRange(
  range: string | undefined,
  ifRange: string | undefined,
  size: number,
  validators: Validators,
): ByteRange | null | undefined {
  const [, first, last, suffix] = RANGE.exec(range?.trim() ?? '') ?? [];
  if (first === undefined && suffix === undefined) return undefined;
  if (ifRange !== undefined && !isSame(ifRange.trim(), validators)) return undefined;
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size);
    return length === 0 ? null : { first: size - length, last: size - 1 };
  }
  const from = Number(first);
  const to = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < from) return undefined;
  return from >= size ? null : { first: from, last: to };
}

/** A weak tag never matches. A date must be exactly the one that was sent. */
function isSame(ifRange: string, { etag, lastModified }: Validators): boolean {
  return ifRange === etag || ifRange === lastModified.toUTCString();
}
