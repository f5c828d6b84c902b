import { createCipheriv, randomBytes } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import { archiveFailed, decryptionFailed } from '../errors/archive-errors.js';
import { ShortLivedMemory } from '../support/short-lived.js';
import { ChunkQueue } from './chunk-queue.js';
import {
  checkSegmentLength,
  deriveKey,
  HEADER_BYTES,
  MAX_SEGMENTS,
  openHeader,
  openSegment,
  PREFIX_BYTES,
  SALT_BYTES,
  SEGMENT_BYTES,
  type StreamKey,
  type StreamParameters,
  segmentNonce,
  segmentRoom,
  TAG_BYTES,
} from './segment-format.js';

/** Encrypts whatever is written to it. Memory: about two segments. */
export class SegmentEncryptor extends Transform {
  private readonly pending: ChunkQueue;
  private readonly outputs = new ShortLivedMemory();
  private readonly salt: Buffer;
  private readonly prefix: Buffer;
  private readonly key: Buffer;
  private readonly segmentBytes: number;
  private index = 0;
  private headerSent = false;

  /** @param random salt and nonce prefix (39 bytes); fresh random bytes unless a test vector fixes them */
  constructor(key: Uint8Array, parameters: StreamParameters = {}, random = randomBytes(SALT_BYTES + PREFIX_BYTES)) {
    super();
    this.pending = new ChunkQueue(parameters.onUsed);
    this.salt = random.subarray(0, SALT_BYTES);
    this.prefix = random.subarray(SALT_BYTES);
    this.segmentBytes = parameters.segmentBytes ?? SEGMENT_BYTES;
    this.key = deriveKey(key, this.salt, parameters.associatedData);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.pending.push(chunk);
    this.guarded(done, () => {
      // A full segment waits for one more byte, because only that shows that it is not the last.
      while (this.pending.length > this.room()) this.seal(this.room(), false);
    });
  }

  override _flush(done: TransformCallback): void {
    this.guarded(done, () => this.seal(this.pending.length, true));
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.key.fill(0);
    done(error);
  }

  private room(): number {
    return segmentRoom(this.index, this.segmentBytes) - TAG_BYTES;
  }

  private seal(count: number, last: boolean): void {
    if (this.index >= MAX_SEGMENTS) throw archiveFailed('it is longer than the encryption format allows');
    if (!this.headerSent) {
      this.push(Buffer.concat([Buffer.of(HEADER_BYTES), this.salt, this.prefix]));
      this.headerSent = true;
    }
    const nonce = segmentNonce(this.prefix, this.index++, last);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES });
    // One update per segment: the archive arrives in many small pieces, and each push would be a write of its own.
    this.push(cipher.update(this.pending.take(count)));
    this.push(Buffer.concat([cipher.final(), cipher.getAuthTag()]));
    this.outputs.add(count);
  }

  private guarded(done: TransformCallback, step: () => void): void {
    try {
      step();
      done();
    } catch (error) {
      done(error as Error);
    }
  }
}

/**
 * Decrypts what a `SegmentEncryptor` wrote. Plaintext is emitted only after its segment was authenticated; that nothing
 * is missing is known only when the stream ends without an error. Memory: about three segments.
 */
export class SegmentDecryptor extends Transform {
  private readonly pending = new ChunkQueue();
  private readonly segmentBytes: number;
  private readonly masterKey: Buffer;
  private header: StreamKey | undefined;
  private index = 0;

  constructor(
    key: Uint8Array,
    private readonly parameters: StreamParameters = {},
  ) {
    super();
    this.masterKey = Buffer.from(key);
    this.segmentBytes = parameters.segmentBytes ?? SEGMENT_BYTES;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.pending.push(chunk);
    this.guarded(done, () => {
      if (!this.header && this.pending.length >= HEADER_BYTES) this.readHeader();
      while (this.header && this.pending.length > this.room()) this.open(this.room(), false);
    });
  }

  override _flush(done: TransformCallback): void {
    this.guarded(done, () => {
      if (!this.header) throw decryptionFailed('it is shorter than the header of an encrypted archive');
      this.open(this.pending.length, true);
    });
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.masterKey.fill(0);
    this.header?.key.fill(0);
    done(error);
  }

  private room(): number {
    return segmentRoom(this.index, this.segmentBytes);
  }

  private readHeader(): void {
    // A copy, since the key's salt and prefix are parts of it.
    const header = Buffer.from(this.pending.take(HEADER_BYTES));
    this.header = openHeader(header, this.masterKey, this.parameters);
  }

  private open(count: number, last: boolean): void {
    checkSegmentLength(this.index, count);
    const plain = openSegment(this.header!, this.index, last, this.pending.take(count));
    this.index++;
    if (plain.length > 0) this.push(plain);
  }

  private guarded(done: TransformCallback, step: () => void): void {
    try {
      step();
      done();
    } catch (error) {
      done(error as Error);
    }
  }
}
