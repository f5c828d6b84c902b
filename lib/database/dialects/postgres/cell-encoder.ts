import { appendEscaped, type ByteBuilder } from '../../../jsonl/byte-builder.js';
import type { ColumnEncoding } from '../../../jsonl/values.js';

/*
 * The text format of COPY: the values of a row as the types' own output functions write them, separated by tabs and
 * ended by a line feed. \N is NULL; in values, a backslash comes before b, f, n, r, t and v for the control characters
 * that JSON names in the same way, except for v, and before a backslash.
 */
const [TAB, VERTICAL_TAB, LINE_FEED, SPACE, QUOTE, BACKSLASH] = [0x09, 0x0b, 0x0a, 0x20, 0x22, 0x5c];
const [N, T, V] = [0x4e, 0x74, 0x76];
const [NULL, TRUE, FALSE] = ['null', 'true', 'false'].map((word) => Buffer.from(word)) as [Buffer, Buffer, Buffer];
const ONE_QUOTE = Buffer.of(QUOTE);
/** `\\x`, which begins the output of bytea. */
const HEX_PREFIX_BYTES = 3;

/** 1 for a byte that is not copied as it is, or ends the value. */
const SPECIAL = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte < SPACE || byte === QUOTE || byte === BACKSLASH),
);

/**
 * Appends the JSON value of the cell that begins at `start` of a row's bytes, which end with a line feed. @returns where
 * the tab or the line feed after the cell is
 */
export type CellEncoder = (row: Buffer, start: number, line: ByteBuilder) => number;

/** The encoder of a column. Any may be NULL, whatever the catalog says: a constraint need not have been validated. */
export function cellEncoder(encoding: ColumnEncoding): CellEncoder {
  const encode = valueEncoder(encoding);
  return (row, start, line) => {
    if (row[start] !== BACKSLASH || row[start + 1] !== N) return encode(row, start, line);
    line.append(NULL);
    return start + 2;
  };
}

function valueEncoder(encoding: ColumnEncoding): CellEncoder {
  switch (encoding) {
    case 'integer':
      return encodeInteger;
    case 'boolean':
      return encodeBoolean;
    case 'hex':
      return (row, start, line) => encodeText(row, start + HEX_PREFIX_BYTES, line);
    default:
      return encodeText;
  }
}

function encodeInteger(row: Buffer, start: number, line: ByteBuilder): number {
  let end = start;
  while (SPECIAL[row[end]!] === 0) end++;
  line.append(row, start, end);
  return end;
}

function encodeBoolean(row: Buffer, start: number, line: ByteBuilder): number {
  line.append(row[start] === T ? TRUE : FALSE);
  return start + 1;
}

function encodeText(row: Buffer, start: number, line: ByteBuilder): number {
  line.append(ONE_QUOTE);
  /** What comes before it has been appended. */
  let from = start;
  let at = start;
  for (;;) {
    while (SPECIAL[row[at]!] === 0) at++;
    const byte = row[at]!;
    if (byte === TAB || byte === LINE_FEED) break;
    if (byte === BACKSLASH && row[at + 1] !== V) {
      at += 2;
      continue;
    }
    line.append(row, from, at);
    const isEscaped = byte === BACKSLASH;
    appendEscaped(line, isEscaped ? VERTICAL_TAB : byte);
    at += isEscaped ? 2 : 1;
    from = at;
  }
  line.append(row, from, at);
  line.append(ONE_QUOTE);
  return at;
}
