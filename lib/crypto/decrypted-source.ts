import { type ByteSource, isFilling } from '../support/byte-source.js';
import { beginsLikeAge } from './age/age-format.js';
import { checkAgeForm, isAge, openAge } from './age/age-source.js';
import type { Identities } from './age/identities.js';
import type { Encryption } from './archive-key.js';
import { RecentlyUsed } from './recently-used.js';
import {
  checkSegmentLength,
  HEADER_BYTES,
  openHeader,
  openSegment,
  SEGMENT_BYTES,
  type StreamKey,
  type StreamParameters,
  TAG_BYTES,
} from './segment-format.js';

/** Decrypted segments kept in memory: the one being read through, and those a reader jumps between. */
const SEGMENTS_AT_HAND = 4;

/** Whether the bytes start like an encrypted archive; no ZIP does. */
export async function isEncrypted(source: ByteSource): Promise<boolean> {
  return source.size >= HEADER_BYTES && (await source.read(0, 1))[0] === HEADER_BYTES;
}

/**
 * Random access to the plaintext of an encrypted archive. A segment is read, authenticated and decrypted when a byte of
 * it is requested; the first and the last one already on opening, so that a wrong key or a truncated archive is
 * detected immediately. Closing the result closes `source`; when opening fails, `source` stays open.
 * @throws BackupError `DECRYPTION_FAILED`
 */
export async function openDecrypted(
  source: ByteSource,
  key: Uint8Array,
  parameters: StreamParameters = {},
): Promise<ByteSource> {
  const header = await source.read(0, Math.min(HEADER_BYTES, source.size));
  const opened = new DecryptedSource(source, openHeader(header, key, parameters), parameters.segmentBytes);
  try {
    await opened.tryEnds();
    return opened;
  } catch (error) {
    opened.forget();
    throw error;
  }
}

/**
 * Whether it has a header and as many bytes as segments can have, which is all that can be told without the key.
 * @throws BackupError `DECRYPTION_FAILED`
 */
function checkEncryptedForm({ size }: ByteSource): void {
  const last = Math.max(0, Math.ceil(size / SEGMENT_BYTES) - 1);
  checkSegmentLength(last, size - Math.max(HEADER_BYTES, last * SEGMENT_BYTES));
}

class DecryptedSource implements ByteSource {
  readonly size: number;
  /** How many there are. */
  private readonly count: number;
  /** Memory for a segment as it is read, which is used again. */
  private spare: Buffer | undefined;
  private readonly segments = new RecentlyUsed(SEGMENTS_AT_HAND, (index) => this.open(index));

  constructor(
    private readonly source: ByteSource,
    private readonly stream: StreamKey,
    private readonly segmentBytes = SEGMENT_BYTES,
  ) {
    this.count = Math.max(1, Math.ceil(source.size / segmentBytes));
    this.size = source.size - HEADER_BYTES - TAG_BYTES * this.count;
  }

  async tryEnds(): Promise<void> {
    const last = this.count - 1;
    checkSegmentLength(last, this.source.size - this.start(last));
    await this.segments.get(0);
    await this.segments.get(last);
  }

  async read(position: number, length: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    // The header precedes the plaintext and takes its room in the first segment.
    const room = this.segmentBytes - TAG_BYTES;
    let at = position + HEADER_BYTES;
    for (const end = at + length; at < end; ) {
      const index = Math.floor(at / room);
      const before = index === 0 ? HEADER_BYTES : index * room;
      const until = Math.min(end, (index + 1) * room);
      pieces.push((await this.segments.get(index)).subarray(at - before, until - before));
      at = until;
    }
    return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, length);
  }

  async close(): Promise<void> {
    this.forget();
    await this.source.close();
  }

  forget(): void {
    this.stream.key.fill(0);
    this.segments.clear();
  }

  private async open(index: number): Promise<Buffer> {
    const last = index === this.count - 1;
    const start = this.start(index);
    const end = last ? this.source.size : (index + 1) * this.segmentBytes;
    if (!isFilling(this.source)) {
      return openSegment(this.stream, index, last, await this.source.read(start, end - start));
    }
    const memory = this.spare ?? Buffer.allocUnsafeSlow(this.segmentBytes);
    this.spare = undefined;
    const sealed = memory.subarray(0, end - start);
    await this.source.readInto(start, sealed);
    const opened = openSegment(this.stream, index, last, sealed);
    this.spare = memory;
    return opened;
  }

  /** Where a segment's ciphertext starts. */
  private start(index: number): number {
    return index === 0 ? HEADER_BYTES : index * this.segmentBytes;
  }
}

/** What opens an encrypted archive. With a key or identities, an unencrypted one is refused. */
export interface OpeningKeys {
  /** Of an archive that was encrypted with an AES key. */
  readonly key?: Uint8Array;
  /** For an archive that was encrypted to recipients. */
  readonly identities?: Identities;
  /** Without `identities`: the application's own, if it has a key service. */
  readonly ownIdentities?: Identities;
  /** Without `key`: gives the one for an archive that was encrypted with an AES key, if there is one. */
  readonly ownKey?: () => Promise<Uint8Array>;
}

/**
 * The plaintext of an archive of any kind, with what fits it. One that is encrypted, and for which there is nothing, is
 * returned as it is: whoever expects a ZIP there says what is missing. Closing the result closes `source`; when opening
 * fails, `source` stays open.
 * @throws BackupError `DECRYPTION_FAILED`; as `openAge`; what `ownKey` throws
 */
export async function openEncrypted(source: ByteSource, keys: OpeningKeys): Promise<ByteSource> {
  const { key, ownIdentities, identities, ownKey } = keys;
  const openers = identities ?? ownIdentities;
  if (openers && (await isAge(source))) return openAge(source, openers);
  const isAes = await isEncrypted(source);
  const used = key ?? (isAes ? await ownKey?.() : undefined);
  if (used) return openDecrypted(source, used);
  return identities && !isAes ? openAge(source, identities) : source;
}

/** How an archive that begins with these bytes, one or more, is encrypted; undefined when no archive begins so. */
export function encryptionOf(beginning: Uint8Array): Encryption | undefined {
  if (beginning[0] === HEADER_BYTES) return 'aes';
  if (beginsLikeAge(beginning.subarray(0, 1))) return 'age';
  return beginning[0] === 0x50 ? 'none' : undefined;
}

/**
 * Of an encrypted archive, what can be told without its key: whether it begins and ends as its format says. One that was
 * cut may still do so.
 * @throws BackupError `DECRYPTION_FAILED`
 */
export async function checkForm(source: ByteSource, encryption: Exclude<Encryption, 'none'>): Promise<void> {
  if (encryption === 'aes') checkEncryptedForm(source);
  else await checkAgeForm(source);
}
