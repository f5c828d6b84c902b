/** 64 KB on the heap. */
const FILLER = Array.from({ length: 8_000 }, (_, index) => index + 0.5);
const FILLER_BYTES = FILLER.length * 8;
const HALF_MEGABYTE = 512_000;

/**
 * Garbage on the heap. Of bytes outside of it, V8 lets 32 MB accumulate before it collects; who makes such bytes, and
 * little else, calls this as often as a quarter of a megabyte of them is not needed any more.
 */
export function collectEarly(bytes = HALF_MEGABYTE): void {
  for (let filled = 0; filled < bytes; filled += FILLER_BYTES) FILLER.slice();
}
