import { getHeapSpaceStatistics } from 'node:v8';
import { collectEarly } from './collect-early.js';

/** Before Node 24, whose V8 is version 13, V8 does by itself what this is for. */
const IS_NEEDED = Number.parseInt(process.versions.v8, 10) >= 13;
/** Well before V8 marks the whole heap, which it does for each 20 to 40 MB that lie outside it. */
const MOST_BYTES = 16 * 1024 * 1024;
/** The usual size of the young generation, at most; filling a larger one would cost as much as it saves. */
const MOST_ROOM_BYTES = 34 * 1024 * 1024;

/**
 * Counts memory outside V8's heap that is needed only for a moment, such as the output of a cipher, and has it freed.
 * V8 frees such memory when it collects its young generation, which takes a millisecond. But nothing fills that
 * generation where there are a few objects with much memory each: so V8 marks the application's whole heap instead, over
 * and over, which takes more of the processor than the encryption.
 */
export class ShortLivedMemory {
  private bytes = 0;

  /** @param bytes that were allocated since the last call */
  add(bytes: number): void {
    this.bytes += bytes;
    if (!IS_NEEDED || this.bytes < MOST_BYTES) return;
    this.bytes = 0;
    collectYoung();
  }
}

/** Fills what is left of the young generation. */
function collectYoung(): void {
  const room = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')?.space_available_size ?? 0;
  if (room <= MOST_ROOM_BYTES) collectEarly(room + 1);
}
