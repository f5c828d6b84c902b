/** 64 KB on the heap. */
const FILLER = Array.from({ length: 8_000 }, (_, index) => index + 0.5);
const PIECES = 8;

/**
 * Half a megabyte of garbage on the heap. Of bytes outside of it, V8 lets 32 MB accumulate before it collects; who makes
 * such bytes, and little else, calls this as often as a quarter of a megabyte of them is not needed any more.
 */
export function collectEarly(): void {
  for (let count = 0; count < PIECES; count++) FILLER.slice();
}
