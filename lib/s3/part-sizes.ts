const MIB = 1024 * 1024;
/** S3 accepts no more parts per object. */
export const MOST_PARTS = 10_000;

/** Sizes by part number: 7.8 GiB with parts of 8 MiB, 70 GiB by the 3000th, 5 TiB by the 10 000th. */
const STEPS: ReadonlyArray<readonly [upTo: number, bytes: number]> = [
  [1_000, 8 * MIB],
  [3_000, 32 * MIB],
  [5_000, 128 * MIB],
  [MOST_PARTS, 1024 * MIB],
];

/** The size of a part, numbered from 1. The size of a streamed object is not known in advance. */
export function partBytes(part: number): number {
  return STEPS.find(([upTo]) => part <= upTo)![1];
}
