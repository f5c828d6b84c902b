/** How far back deflate may refer, in bytes: what a block needs to know of the previous one. */
export const DICTIONARY_BYTES = 32 * 1024;
/** Bytes deflated at a time: a few milliseconds' work. */
export const BLOCK_BYTES = 256 * 1024;
/** The most that deflate makes of a block, with room for the bytes that end it. */
const OUTPUT_BYTES = BLOCK_BYTES + BLOCK_BYTES / 64;

/** The layout of a block's memory; the dictionary directly precedes the input. */
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
  /** The blocks it works on. */
  readonly memory: readonly SharedArrayBuffer[];
  readonly signals: Signals;
}

/**
 * Signals that a thread and its owner see immediately, an Int32 each. The thread sets `busy` to 1 and then checks
 * `stopped`; the owner sets `stopped` to 1 and then checks `busy`: so at least one of them sees the other.
 */
export interface Signals {
  /** 1 while a block is being deflated; waiters are notified when it is done. */
  readonly busy: SharedArrayBuffer;
  /** 1 when requests that have not started must not be started any more. */
  readonly stopped: SharedArrayBuffer;
}

/** One block to deflate. */
export interface WorkerRequest {
  readonly block: number;
  /** Number of dictionary bytes in use. */
  readonly dictionary: number;
  readonly length: number;
  /** Whether the stream ends with this block. */
  readonly last: boolean;
  /** Whether the previous block did not shrink, so that this one may not either. */
  readonly doubtful: boolean;
}

export interface WorkerAnswer {
  readonly block: number;
  /** Bytes of output. */
  readonly length: number;
}
