import { viewOf } from './format.js';

/** Bytes, and the same to be read or written several at a time. */
export interface Bytes {
  readonly bytes: Buffer;
  readonly view: DataView;
}

export const bytesOf = (bytes: Buffer): Bytes => ({ bytes, view: viewOf(bytes) });

const WORD_BYTES = 4;
/** More are copied faster by the method of buffers. */
const SHORT_BYTES = 400;

/** Copies the bytes from `start` to `end`. @returns where the copy ends */
export function copyRange(from: Bytes, start: number, end: number, to: Bytes, at: number): number {
  if (end - start > SHORT_BYTES) from.bytes.copy(to.bytes, at, start, end);
  else copyShort(from.view, start, end, to.view, at);
  return at + end - start;
}

/** Four bytes at a time; the last four may overlap with those before. */
function copyShort(from: DataView, start: number, end: number, to: DataView, at: number): void {
  const lastWord = end - WORD_BYTES;
  let position = start;
  let length = at;
  if (lastWord < start) {
    while (position < end) to.setUint8(length++, from.getUint8(position++));
    return;
  }
  for (; position < lastWord; position += WORD_BYTES, length += WORD_BYTES) {
    to.setInt32(length, from.getInt32(position, true), true);
  }
  to.setInt32(at + lastWord - start, from.getInt32(lastWord, true), true);
}
