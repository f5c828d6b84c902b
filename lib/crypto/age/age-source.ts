import { decryptionFailed } from '../../errors/archive-errors.js';
import type { ByteSource } from '../../support/byte-source.js';
import { RecentlyUsed } from '../recently-used.js';
import { chunksIn, openChunks } from './age-chunks.js';
import {
  BLOCK_CHUNKS,
  beginsLikeAge,
  CHUNK_BYTES,
  headerLength,
  MAX_HEADER_BYTES,
  PAYLOAD_NONCE_BYTES,
  payloadKey,
  SEALED_CHUNK_BYTES,
  TAG_BYTES,
  VERSION_LINE,
} from './age-format.js';
import type { Identities } from './identities.js';

/** Enough for the header of some recipients of any kind. */
const FIRST_READ_BYTES = 16 * 1024;
const BLOCK_BYTES = BLOCK_CHUNKS * CHUNK_BYTES;
/** Decrypted blocks kept in memory: the one being read through, and those a reader jumps between. */
const BLOCKS_AT_HAND = 4;

/** Whether the bytes start like an age file. */
export async function isAge(source: ByteSource): Promise<boolean> {
  return source.size >= VERSION_LINE.length && beginsLikeAge(await source.read(0, VERSION_LINE.length));
}

/**
 * Random access to the plaintext of an age file. Chunks are read in blocks of 1 MiB, and each is authenticated and decrypted
 * before a byte of it is returned; the first block and the last one already on opening, which proves that the last chunk is
 * the last. Closing the result closes `source`; when opening fails, `source` stays open.
 * @throws BackupError `DECRYPTION_FAILED`, also when none of the identities fits; `INVALID_IDENTITY`, `MISSING_PACKAGE`
 */
export async function openAge(source: ByteSource, identities: Identities): Promise<ByteSource> {
  const header = await readHeader(source);
  const start = header.length + PAYLOAD_NONCE_BYTES;
  if (source.size < start) throw decryptionFailed('it is truncated: it has a header and nothing else');
  const fileKey = await identities.unwrap(header);
  const opened = new AgeSource(
    source,
    start,
    payloadKey(fileKey, await source.read(header.length, PAYLOAD_NONCE_BYTES)),
  );
  fileKey.fill(0);
  try {
    await opened.tryEnds();
    return opened;
  } catch (error) {
    opened.forget();
    throw error;
  }
}

/**
 * Whether it has a header and as many bytes as chunks can have, which is all that can be told without an identity.
 * @throws BackupError `DECRYPTION_FAILED`
 */
export async function checkAgeForm(source: ByteSource): Promise<void> {
  const { length } = await readHeader(source);
  chunksIn(source.size - length - PAYLOAD_NONCE_BYTES);
}

/** @throws BackupError `DECRYPTION_FAILED` when it is none, or has no end */
export async function readHeader(source: ByteSource): Promise<Buffer> {
  for (let length = FIRST_READ_BYTES; ; length *= 4) {
    const bytes = await source.read(0, Math.min(length, MAX_HEADER_BYTES, source.size));
    const end = headerLength(bytes);
    if (end !== undefined) return bytes.subarray(0, end);
    if (bytes.length === source.size) throw decryptionFailed('it is truncated: its header is not complete');
  }
}

class AgeSource implements ByteSource {
  private readonly chunks: number;
  readonly size: number;
  private readonly blocks = new RecentlyUsed(BLOCKS_AT_HAND, (index) => this.open(index));

  /** @param start where the first chunk starts */
  constructor(
    private readonly source: ByteSource,
    private readonly start: number,
    private readonly key: Buffer,
  ) {
    this.chunks = chunksIn(source.size - start);
    this.size = source.size - start - TAG_BYTES * this.chunks;
  }

  async tryEnds(): Promise<void> {
    await this.blocks.get(0);
    await this.blocks.get(Math.floor((this.chunks - 1) / BLOCK_CHUNKS));
  }

  async read(position: number, length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let at = position, end = position + length; at < end; ) {
      const index = Math.floor(at / BLOCK_BYTES);
      const before = index * BLOCK_BYTES;
      const until = Math.min(end, before + BLOCK_BYTES);
      pieces.push((await this.blocks.get(index)).subarray(at - before, until - before));
      at = until;
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, length);
  }

  async close(): Promise<void> {
    this.forget();
    await this.source.close();
  }

  forget(): void {
    this.key.fill(0);
    this.blocks.clear();
  }

  private async open(index: number): Promise<Buffer> {
    const first = index * BLOCK_CHUNKS;
    const isEnd = first + BLOCK_CHUNKS >= this.chunks;
    const from = this.start + first * SEALED_CHUNK_BYTES;
    const to = isEnd ? this.source.size : from + BLOCK_CHUNKS * SEALED_CHUNK_BYTES;
    return openChunks(this.key, first, await this.source.read(from, to - from), isEnd);
  }
}
