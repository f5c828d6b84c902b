import { isUint32Array } from 'node:util/types';
import {
  constants,
  createDeflateRaw,
  createInflateRaw,
  type DeflateRaw,
  type InflateRaw,
  type ZlibOptions,
} from 'node:zlib';

/**
 * The parts of a zlib stream that `deflateRawSync` and `inflateRawSync` work with themselves. They make a new stream for
 * each piece of bytes, which takes longer than a small piece itself, and whose remains V8 keeps until it collects all
 * garbage: from Node 24 on, half a kilobyte on its heap for each, and as much outside.
 */
interface Internals {
  readonly _handle?: {
    reset?(): void;
    writeSync?(
      flush: number,
      input: Uint8Array,
      inputStart: number,
      inputLength: number,
      output: Uint8Array,
      outputStart: number,
      outputLength: number,
    ): void;
  } | null;
  /** What was left of the output's room and of the input. */
  readonly _writeState?: Uint32Array;
}

/** How much was written, and read. */
export interface ZlibResult {
  readonly written: number;
  readonly read: number;
}

/** Deflates or inflates many small pieces of bytes synchronously, one after the other. */
export class ZlibEngine {
  private stream: DeflateRaw | InflateRaw | undefined;

  constructor(private readonly start: () => DeflateRaw | InflateRaw) {}

  static deflating(options: ZlibOptions): ZlibEngine {
    return new ZlibEngine(() => createDeflateRaw(options));
  }

  static inflating(): ZlibEngine {
    return new ZlibEngine(createInflateRaw);
  }

  /**
   * @param output with more room than what comes out needs
   * @returns undefined when there is not enough room, the input is damaged or incomplete, or this Node has no such parts:
   *   zlib's own functions then do it, or throw the error
   */
  run(input: Uint8Array, output: Uint8Array): ZlibResult | undefined {
    const stream = (this.stream ??= this.start().on('error', () => {}));
    const { _handle: handle, _writeState: left } = stream as Internals;
    if (!handle?.reset || !handle.writeSync || !isUint32Array(left)) return undefined;
    handle.reset();
    handle.writeSync(constants.Z_FINISH, input, 0, input.length, output, 0, output.length);
    if (stream.destroyed) {
      this.stream = undefined;
      return undefined;
    }
    const [roomLeft = 0, inputLeft = 0] = left;
    // Without room left, it may not have come to an end.
    return roomLeft > 0 ? { written: output.length - roomLeft, read: input.length - inputLeft } : undefined;
  }
}
