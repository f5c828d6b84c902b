import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';

interface ZstdOptions {
  readonly chunkSize?: number;
  readonly maxOutputLength?: number;
  readonly params?: Readonly<Record<number, number>>;
}

/** What `node:zlib` has of zstd; the types of the oldest supported Node lack it. */
export interface Zstd {
  readonly constants: {
    readonly ZSTD_c_compressionLevel: number;
    readonly ZSTD_e_flush: number;
    readonly ZSTD_e_end: number;
  };
  zstdCompressSync(bytes: Uint8Array, options?: ZstdOptions): Buffer;
  zstdDecompressSync(bytes: Uint8Array, options?: ZstdOptions): Buffer;
  createZstdCompress(options?: ZstdOptions): Transform;
  createZstdDecompress(options?: ZstdOptions): Transform;
}

/** Undefined on a Node without it. */
export const zstd = 'createZstdDecompress' in zlib ? (zlib as unknown as Zstd) : undefined;

/** The versions that have it. */
export const NODES_WITH_ZSTD = 'Node.js 22.15, 23.8, or later';
