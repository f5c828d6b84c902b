/** How far back deflate may refer, in bytes: what a block needs to know of the previous one. A zstd frame knows itself. */
export const DICTIONARY_BYTES = 32 * 1024;
/** Bytes compressed at a time: a few milliseconds' work. */
export const BLOCK_BYTES = 256 * 1024;
/** The most that comes of a block, with room for the bytes that end it. */
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
  /** 1 while a block is being compressed; waiters are notified when it is done. */
  readonly busy: SharedArrayBuffer;
  /** 1 when requests that have not started must not be started any more. */
  readonly stopped: SharedArrayBuffer;
}

/** One block to compress. */
export interface WorkerRequest {
  readonly block: number;
  /** Number of dictionary bytes in use; none in the first block of an entry, and in no other. */
  readonly dictionary: number;
  readonly length: number;
  /** Whether the stream ends with this block. */
  readonly last: boolean;
  /** Whether the previous block did not shrink, so that this one may not either. */
  readonly doubtful: boolean;
}

/**
 * Compresses a block.
 * @param bytes its memory, of which `request` says how much is used
 * @returns the output, which is valid until the next call
 */
export type CompressBlock = (bytes: Buffer, request: WorkerRequest) => Buffer;

export interface WorkerAnswer {
  readonly block: number;
  /** Bytes of output. */
  readonly length: number;
}
