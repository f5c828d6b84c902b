/** How far back deflate may refer, in bytes: what a block must know of the one before it. */
export const DICTIONARY_BYTES = 32 * 1024;
/** Bytes that are deflated in one go: a few milliseconds' work. */
export const BLOCK_BYTES = 256 * 1024;
/** The most that deflate makes of a block, with room for the bytes that end it. */
const OUTPUT_BYTES = BLOCK_BYTES + BLOCK_BYTES / 64;

/** Where a block's memory holds what; the dictionary lies directly before the input. */
export const BLOCK_LAYOUT = {
  dictionary: DICTIONARY_BYTES,
  output: DICTIONARY_BYTES + BLOCK_BYTES,
  outputBytes: OUTPUT_BYTES,
  bytes: DICTIONARY_BYTES + BLOCK_BYTES + OUTPUT_BYTES,
} as const;

/** What a thread is started with. */
export interface WorkerSetup {
  readonly level: number;
  readonly layout: typeof BLOCK_LAYOUT;
  /** The blocks that it works on. */
  readonly memory: readonly SharedArrayBuffer[];
}

/** One block to deflate. */
export interface WorkerRequest {
  readonly block: number;
  /** Bytes of the dictionary that are in use. */
  readonly dictionary: number;
  readonly length: number;
  /** Whether the stream ends with this block. */
  readonly last: boolean;
  /** Whether the block before became no smaller, so that this one need not either. */
  readonly doubtful: boolean;
}

export interface WorkerAnswer {
  readonly block: number;
  /** Bytes of output. */
  readonly length: number;
}
