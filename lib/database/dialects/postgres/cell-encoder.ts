import type { Bytes } from '../../../jsonl/bytes.js';
import type { ColumnEncoding } from '../../../jsonl/format.js';
import { appendEscaped, type ByteBuilder, isPlainWord, literalOf } from '../../../jsonl/writer.js';

/*
 * The text format of COPY: the values of a row as the types' own output functions write them, separated by tabs and
 * ended by a line feed. \N is NULL; in values, a backslash comes before b, f, n, r, t and v for the control characters
 * that JSON names in the same way, except for v, and before a backslash.
 */
const [TAB, VERTICAL_TAB, LINE_FEED, SPACE, QUOTE, BACKSLASH] = [0x09, 0x0b, 0x0a, 0x20, 0x22, 0x5c];
const [N, T, V] = [0x4e, 0x74, 0x76];
const [NULL, TRUE, FALSE] = [literalOf('null'), literalOf('true'), literalOf('false')];
/** `\\x`, which begins the output of bytea. */
const HEX_PREFIX_BYTES = 3;
const WORD_BYTES = 4;
/** Memory is reserved for as much of a text at a time, each byte of which may become `\u00xx`. */
const PIECE_BYTES = 4096;
const MOST_BYTES_OF_ONE = 6;

/**
 * Appends the JSON value of the cell that begins at `start`. Any may be NULL, whatever the catalog says: a constraint need
 * not have been validated.
 * @returns where the tab or the line feed after the cell is
 */
export function encodeCell(encoding: ColumnEncoding, row: Bytes, start: number, line: ByteBuilder): number {
  const { bytes } = row;
  if (bytes[start] === BACKSLASH && bytes[start + 1] === N) {
    line.appendLiteral(NULL);
    return start + 2;
  }
  if (encoding === 'integer') return encodeInteger(row, start, line);
  if (encoding === 'boolean') {
    line.appendLiteral(bytes[start] === T ? TRUE : FALSE);
    return start + 1;
  }
  return encodeText(row, encoding === 'hex' ? start + HEX_PREFIX_BYTES : start, line);
}

function encodeInteger({ bytes }: Bytes, start: number, line: ByteBuilder): number {
  let end = start;
  while (bytes[end]! > SPACE) end++;
  line.append(bytes, start, end);
  return end;
}

function encodeText(row: Bytes, start: number, line: ByteBuilder): number {
  line.reserve(1);
  line.memory.bytes[line.length++] = QUOTE;
  let at = start;
  for (let ended = false; !ended; ) {
    const stop = Math.min(at + PIECE_BYTES, row.bytes.length);
    line.reserve(MOST_BYTES_OF_ONE * (stop - at + 1));
    at = encodePiece(row, at, stop, line);
    const byte = row.bytes[at];
    ended = byte === TAB || byte === LINE_FEED;
  }
  line.reserve(1);
  line.memory.bytes[line.length++] = QUOTE;
  return at;
}

/** Copies four bytes at a time, as long as they stand for themselves. @returns the end of the text, or not before `stop` */
function encodePiece({ bytes, view }: Bytes, start: number, stop: number, line: ByteBuilder): number {
  const { memory } = line;
  const [to, toView] = [memory.bytes, memory.view];
  const lastWord = stop - WORD_BYTES;
  let length = line.length;
  let at = start;
  while (at < stop) {
    for (; at <= lastWord; at += WORD_BYTES, length += WORD_BYTES) {
      const word = view.getInt32(at, true);
      if (!isPlainWord(word)) break;
      toView.setInt32(length, word, true);
    }
    for (const until = Math.min(at + WORD_BYTES, stop); at < until; ) {
      const byte = bytes[at]!;
      if (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH) {
        to[length++] = byte;
        at++;
      } else if (byte === TAB || byte === LINE_FEED) {
        line.length = length;
        return at;
      } else if (byte === BACKSLASH && bytes[at + 1] !== V) {
        to[length++] = byte;
        to[length++] = bytes[at + 1]!;
        at += 2;
      } else {
        line.length = length;
        appendEscaped(line, byte === BACKSLASH ? VERTICAL_TAB : byte);
        length = line.length;
        at += byte === BACKSLASH ? 2 : 1;
      }
    }
  }
  line.length = length;
  return at;
}
