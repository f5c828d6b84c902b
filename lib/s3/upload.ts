import type {
  CompletedPart,
  PutObjectCommandInput,
  PutObjectCommandOutput,
  UploadPartCommandInput,
} from '@aws-sdk/client-s3';
import type { Readable } from 'node:stream';
import { BackupError } from '../backup.errors.js';
import type { S3Connection } from './connection.js';
import { MOST_PARTS, partBytes } from './part-sizes.js';
import { type Part, partsOf } from './parts.js';
import { isConditionFailed, isMissing } from './s3-errors.js';

/** Where an upload goes, and what the object is to have. */
export type Place = Pick<PutObjectCommandInput, 'Bucket' | 'Key'> & Partial<PutObjectCommandInput>;

export interface UploadOptions {
  /** The size of every part; default: growing ones. */
  readonly partBytes?: number;
  readonly signal?: AbortSignal;
  /** Puts it in the place of an object that is there. Default: that is an error. */
  readonly replace?: boolean;
}

/** Parts on their way while the next one is filled. */
const AT_ONCE = 2;
/** Every part, and so the object, is checked by the server. */
const CHECKSUM = { ChecksumAlgorithm: 'CRC32' } as const;
/** A server that does not know this condition says so. */
const UNLESS_THERE = { IfNoneMatch: '*' } as const;
const ABORTS = 3;
/** What is on its way may arrive, in milliseconds: a part that the server still takes in keeps an aborted upload alive. */
const LAST_PARTS = 10_000;

/**
 * Uploads a stream as an object that is there when it is whole. Memory: three parts. Nothing is left of an upload that
 * fails, unless the server does not answer any more.
 * @returns its size in bytes
 */
export async function upload(
  connection: S3Connection,
  place: Place,
  content: Readable,
  options: UploadOptions,
): Promise<number> {
  const { partBytes: fixed } = options;
  const parts = partsOf(content, (part) => fixed ?? partBytes(part));
  const first = (await parts.next()).value as Part;
  if (first.isLast) return putBytes(connection, place, first.bytes, options);
  const upload = await MultipartUpload.begin(connection, place, options);
  try {
    await upload.send(first);
    for await (const part of parts) {
      if (part.number > MOST_PARTS) {
        throw BackupError.destinationFailed(`it has more than ${MOST_PARTS} parts of ${fixed} bytes (partBytes)`);
      }
      await upload.send(part);
    }
    await upload.complete();
    return upload.bytes;
  } catch (error) {
    await upload.abort();
    throw error;
  }
}

/** The same of bytes that are at hand, in one request. */
export async function putBytes(
  { sdk, client }: S3Connection,
  place: Place,
  bytes: Buffer,
  { signal: abortSignal, replace }: UploadOptions,
): Promise<number> {
  const put = (condition: object) =>
    client.send(new sdk.PutObjectCommand({ ...place, ...CHECKSUM, ...condition, Body: bytes }), { abortSignal });
  const answer = await conditionally(put, replace);
  try {
    checkEncryption(place, answer);
  } catch (error) {
    const { Bucket, Key } = place;
    await client.send(new sdk.DeleteObjectCommand({ Bucket, Key, VersionId: answer.VersionId }));
    throw error;
  }
  return bytes.length;
}

/** Servers that do not know an encryption take the object without a word. @throws BackupError `DESTINATION_FAILED` */
function checkEncryption(
  { Bucket, ServerSideEncryption: asked }: Place,
  { ServerSideEncryption: done }: Pick<PutObjectCommandOutput, 'ServerSideEncryption'>,
): void {
  if (asked === undefined || asked === done) return;
  throw BackupError.destinationFailed(`bucket "${Bucket}" does not encrypt with ${asked} (serverSideEncryption)`);
}

class MultipartUpload {
  bytes = 0;
  private readonly parts: CompletedPart[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly cancelled = new AbortController();
  private readonly aborted: Promise<never>;
  private failure: { readonly error: unknown } | undefined;

  static async begin(connection: S3Connection, place: Place, options: UploadOptions): Promise<MultipartUpload> {
    const { sdk, client } = connection;
    const { signal: abortSignal, replace } = options;
    const command = new sdk.CreateMultipartUploadCommand({ ...place, ...CHECKSUM });
    const answer = await client.send(command, { abortSignal });
    const id = { Bucket: place.Bucket, Key: place.Key, UploadId: answer.UploadId };
    const upload = new MultipartUpload(connection, id, abortSignal, replace);
    try {
      checkEncryption(place, answer);
      return upload;
    } catch (error) {
      await upload.abort();
      throw error;
    }
  }

  private constructor(
    private readonly connection: S3Connection,
    private readonly id: Pick<UploadPartCommandInput, 'Bucket' | 'Key' | 'UploadId'>,
    private readonly abortSignal?: AbortSignal,
    private readonly replace?: boolean,
  ) {
    this.aborted = new Promise((_resolve, reject) => {
      abortSignal?.addEventListener('abort', () => reject(abortSignal.reason as Error), { once: true });
    });
    this.aborted.catch(() => {});
  }

  /** Settles when the next part may be filled. */
  async send(part: Part): Promise<void> {
    const sending: Promise<void> = this.sendOne(part)
      .catch((error: unknown) => void (this.failure ??= { error }))
      .finally(() => this.running.delete(sending));
    this.running.add(sending);
    if (this.running.size >= AT_ONCE) await Promise.race([...this.running, this.aborted]);
    if (this.failure) throw this.failure.error;
  }

  async complete(): Promise<void> {
    await Promise.race([Promise.all(this.running), this.aborted]);
    if (this.failure) throw this.failure.error;
    const { sdk, client } = this.connection;
    const Parts = this.parts.toSorted((one, other) => one.PartNumber! - other.PartNumber!);
    const complete = (condition: object) =>
      client.send(new sdk.CompleteMultipartUploadCommand({ ...this.id, ...condition, MultipartUpload: { Parts } }), {
        abortSignal: this.abortSignal,
      });
    try {
      await conditionally(complete, this.replace);
    } catch (error) {
      // Its answer may be all that was lost.
      if (isConditionFailed(error) || !(await this.isThere())) throw error;
    }
  }

  async abort(): Promise<void> {
    const timer = setTimeout(() => this.cancelled.abort(), LAST_PARTS);
    await Promise.all(this.running);
    clearTimeout(timer);
    const { sdk, client } = this.connection;
    for (let attempt = 0; attempt < ABORTS; attempt++) {
      try {
        await client.send(new sdk.AbortMultipartUploadCommand(this.id));
        await client.send(new sdk.ListPartsCommand(this.id));
      } catch {
        return;
      }
    }
  }

  private async sendOne({ number: PartNumber, bytes: Body }: Part): Promise<void> {
    const { sdk, client } = this.connection;
    const command = new sdk.UploadPartCommand({ ...this.id, ...CHECKSUM, PartNumber, Body });
    const { ETag, ChecksumCRC32 } = await client.send(command, { abortSignal: this.cancelled.signal });
    this.parts.push({ PartNumber, ETag, ChecksumCRC32 });
    this.bytes += Body.length;
  }

  private async isThere(): Promise<boolean> {
    const { sdk, client } = this.connection;
    const { Bucket, Key } = this.id;
    const head = await client.send(new sdk.HeadObjectCommand({ Bucket, Key })).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    return head?.ContentLength === this.bytes;
  }
}

async function conditionally<Result>(send: (condition: object) => Promise<Result>, replace = false): Promise<Result> {
  if (replace) return send({});
  try {
    return await send(UNLESS_THERE);
  } catch (error) {
    if ((error as { name?: string }).name !== 'NotImplemented') throw error;
    return send({});
  }
}
