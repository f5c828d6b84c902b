import { type ColumnEncoding, skipPlain } from '../../../jsonl/format.js';
import { appendEscaped, type ByteBuilder } from '../../../jsonl/writer.js';

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

/** Bytes that contain rows, and the same to be read several at a time. */
export interface RowBytes {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/**
 * Appends the JSON value of the cell that begins at `start`. @returns where the tab or the line feed after the cell is
 */
export type CellEncoder = (row: RowBytes, start: number, line: ByteBuilder) => number;

/** The encoder of a column. Any may be NULL, whatever the catalog says: a constraint need not have been validated. */
export function cellEncoder(encoding: ColumnEncoding): CellEncoder {
  const encode = valueEncoder(encoding);
  return (row, start, line) => {
    const { bytes } = row;
    if (bytes[start] !== BACKSLASH || bytes[start + 1] !== N) return encode(row, start, line);
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

function encodeInteger({ bytes }: RowBytes, start: number, line: ByteBuilder): number {
  let end = start;
  while (bytes[end]! > SPACE) end++;
  line.append(bytes, start, end);
  return end;
}

function encodeBoolean({ bytes }: RowBytes, start: number, line: ByteBuilder): number {
  line.append(bytes[start] === T ? TRUE : FALSE);
  return start + 1;
}

function encodeText({ bytes, view }: RowBytes, start: number, line: ByteBuilder): number {
  line.append(ONE_QUOTE);
  /** What comes before it has been appended. */
  let from = start;
  let at = start;
  for (;;) {
    at = skipPlain(view, at, bytes.length);
    const byte = bytes[at]!;
    if (byte === TAB || byte === LINE_FEED) break;
    if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) {
      at++;
    } else if (byte === BACKSLASH && bytes[at + 1] !== V) {
      at += 2;
    } else {
      line.append(bytes, from, at);
      appendEscaped(line, byte === BACKSLASH ? VERTICAL_TAB : byte);
      at += byte === BACKSLASH ? 2 : 1;
      from = at;
    }
  }
  line.append(bytes, from, at);
  line.append(ONE_QUOTE);
  return at;
}
