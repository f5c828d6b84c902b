const MIB = 1024 * 1024;
/** S3 takes no more parts of an object. */
export const MOST_PARTS = 10_000;

/** Sizes by the number of the part: 7.8 GiB with parts of 8 MiB, 70 GiB by the 3000th, 5 TiB by the 10 000th. */
const STEPS: ReadonlyArray<readonly [upTo: number, bytes: number]> = [
  [1_000, 8 * MIB],
  [3_000, 32 * MIB],
  [5_000, 128 * MIB],
  [MOST_PARTS, 1024 * MIB],
];

/** How large a part is, counted from 1. Nobody knows beforehand how large a streamed object becomes. */
export function partBytes(part: number): number {
  return STEPS.find(([upTo]) => part <= upTo)![1];
}
