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
  readonly signals: Signals;
}

/**
 * What a thread and its owner tell each other at once, an Int32 each. It sets `busy` to 1 and then looks at `stopped`; the
 * owner sets `stopped` to 1 and then looks at `busy`: so one of the two sees the other.
 */
export interface Signals {
  /** 1 while a block is being deflated; waiters are notified when it is done. */
  readonly busy: SharedArrayBuffer;
  /** 1 when what is still asked for is not to be begun. */
  readonly stopped: SharedArrayBuffer;
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
