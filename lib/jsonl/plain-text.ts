/** One byte in each of the four of a word. */
const [ONES, HIGH_BITS, QUOTES, BACKSLASHES, SPACES] = [0x01010101, 0x80808080, 0x22222222, 0x5c5c5c5c, 0x20202020];
const WORD_BYTES = 4;

/** The same bytes, to be read several at a time. */
export function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

/**
 * Skips bytes that stand for themselves in a JSON string, four at a time.
 * @param end of the view, whose own `byteLength` is slow
 * @returns a position, after which at most three more of them follow
 */
export function skipPlain(view: DataView, at: number, end: number): number {
  const lastWord = end - WORD_BYTES;
  let position = at;
  while (position <= lastWord && isPlain(view.getInt32(position, true))) position += WORD_BYTES;
  return position;
}

/** Whether none of four bytes is a quote, a backslash or below a space: subtracting sets the high bit of one that is. */
function isPlain(word: number): boolean {
  const quote = word ^ QUOTES;
  const backslash = word ^ BACKSLASHES;
  const found = ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) | ((word - SPACES) & ~word);
  return (found & HIGH_BITS) === 0;
}
