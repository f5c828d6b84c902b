import type { Zstd } from '../../support/zstd.js';
import type { CompressBlock, WorkerSetup } from './block-format.js';

/** What is used of a stream of `node:zlib` besides its public methods. */
interface SynchronousStream {
  _handle: { close(): void };
  _processChunk(bytes: Uint8Array, flush: number): Buffer;
  removeAllListeners(event: 'error'): void;
}

/**
 * The part of a compressing thread's program that makes one zstd frame of the blocks of an entry. One for all of them,
 * because Python's zipfile reads only the first frame of an entry. So the blocks must come to one thread in their order.
 *
 * In public, Node continues a frame only in its pool, which the application's file and DNS calls need. `_processChunk`
 * does so in this thread, without garbage; npm's own tar relies on it, too. `zstdWorks` tries it before it is used.
 *
 * An empty frame to be skipped follows one with more content than libarchive decompresses at a time: where the frame
 * ends together with its buffer, libarchive goes on, and would find the entry truncated.
 */
export function zstdBlocks({ level, layout }: Pick<WorkerSetup, 'level' | 'layout'>): CompressBlock {
  const LIBARCHIVE_BUFFER_BYTES = 128 * 1024;
  const SKIPPED = Buffer.from('502a4d1800000000', 'hex');
  const { constants, createZstdCompress } = process.getBuiltinModule('node:zlib') as unknown as Zstd;
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  const stream = createZstdCompress({ chunkSize: layout.outputBytes, params }) as unknown as SynchronousStream;
  const { _handle: handle } = stream;
  // It would close it after each call.
  handle.close = () => {};
  let isOpen = false;
  let size = 0;

  return (bytes, { dictionary, length, last }) => {
    if (isOpen !== dictionary > 0) throw new Error('the blocks of two entries are mixed');
    isOpen = !last;
    size = length + (dictionary > 0 ? size : 0);
    const input = bytes.subarray(layout.dictionary, layout.dictionary + length);
    try {
      const output = stream._processChunk(input, last ? constants.ZSTD_e_end : constants.ZSTD_e_flush);
      return last && size >= LIBARCHIVE_BUFFER_BYTES ? Buffer.concat([output, SKIPPED]) : output;
    } finally {
      stream._handle = handle;
      // It adds one each time.
      stream.removeAllListeners('error');
    }
  };
}
