import { createHash } from 'node:crypto';
import type { CompletedPart, UploadPartCommandInput } from '@aws-sdk/client-s3';
import type { S3Connection } from './connection.js';
import { OwnObject } from './own-object.js';
import type { Part } from './parts.js';
import { isMissing, isRefused } from './s3-errors.js';
import { abortStrays } from './stray-uploads.js';
import { checkEncryption, type UploadOptions, type UploadTarget } from './upload-target.js';

/** Parts being sent while the next one is filled. */
const AT_ONCE = 2;
/** Parts that the server copies take no memory here. */
const COPIES_AT_ONCE = 8;
const ABORTS = 3;
/**
 * How long parts being sent may still take to arrive, in milliseconds: a part that the server still accepts keeps an
 * aborted upload alive.
 */
const LAST_PARTS = 10_000;

/** Bytes of an object, from `start` up to but excluding `end`. */
export interface CopiedPart {
  /** Starts at 1. */
  readonly number: number;
  /** As `copySourceOf` names it. */
  readonly from: string;
  readonly start: number;
  readonly end: number;
  /** Of the state of the object that is meant. */
  readonly etag: string | undefined;
}

/** An upload in parts: `begin`, `send` each, `complete`; or `abort`, after which nothing of it remains. */
export class MultipartUpload {
  bytes = 0;
  private readonly parts: CompletedPart[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly cancelled = new AbortController();
  private readonly aborted: Promise<never>;
  private failure: { readonly error: unknown } | undefined;

  static async begin(connection: S3Connection, place: UploadTarget, options: UploadOptions): Promise<MultipartUpload> {
    const { sdk, client, checksum } = connection;
    const { signal: abortSignal, replace = false, ifMatch, isFresh = !replace } = options;
    const own = new OwnObject(connection, place, replace, ifMatch);
    const command = new sdk.CreateMultipartUploadCommand({ ...own.marked, ...checksum });
    const answer = await client.send(command, { abortSignal }).catch(async (error: unknown) => {
      // The upload may have been created, but its id is unknown.
      if (isFresh && !isRefused(error)) await abortStrays(connection, place);
      throw error;
    });
    const { UploadId } = answer;
    // The answer to an earlier attempt may have been lost.
    if (isFresh && (answer.$metadata.attempts ?? 1) > 1) await abortStrays(connection, place, UploadId);
    const id = { Bucket: place.Bucket, Key: place.Key, UploadId };
    const upload = new MultipartUpload(connection, id, own, abortSignal);
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
    private readonly own: OwnObject,
    private readonly abortSignal?: AbortSignal,
  ) {
    this.aborted = new Promise((_resolve, reject) => {
      abortSignal?.addEventListener('abort', () => reject(abortSignal.reason as Error), { once: true });
    });
    this.aborted.catch(() => {});
  }

  /** Settles when the next part may be filled. */
  send(part: Part): Promise<void> {
    return this.add(this.sendOne(part), AT_ONCE);
  }

  /** A part that the server copies from an object. Settles when the next one may be asked for. */
  copy(part: CopiedPart): Promise<void> {
    return this.add(this.copyOne(part), COPIES_AT_ONCE);
  }

  private async add(work: Promise<void>, atOnce: number): Promise<void> {
    const sending: Promise<void> = work
      .catch((error: unknown) => void (this.failure ??= { error }))
      .finally(() => this.running.delete(sending));
    this.running.add(sending);
    if (this.running.size >= atOnce) await Promise.race([...this.running, this.aborted]);
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
    await this.own.send(complete, { bytes: this.bytes, etag: () => etagOf(Parts) }, this.abortSignal);
  }

  /** Retries until the server says that the upload does not exist. */
  async abort(): Promise<void> {
    const timer = setTimeout(() => this.cancelled.abort(), LAST_PARTS);
    await Promise.all(this.running);
    clearTimeout(timer);
    const { sdk, client } = this.connection;
    for (let attempt = 0; attempt < ABORTS; attempt++) {
      try {
        await client.send(new sdk.AbortMultipartUploadCommand(this.id));
        await client.send(new sdk.ListPartsCommand(this.id));
      } catch (error) {
        if (isMissing(error) || isRefused(error)) return;
      }
    }
  }

  private async sendOne({ number: PartNumber, bytes: Body }: Part): Promise<void> {
    const { sdk, client, checksum } = this.connection;
    const command = new sdk.UploadPartCommand({ ...this.id, ...checksum, PartNumber, Body });
    const { ETag, ChecksumCRC32 } = await client.send(command, { abortSignal: this.cancelled.signal });
    this.parts.push({ PartNumber, ETag, ChecksumCRC32 });
    this.bytes += Body.length;
  }

  private async copyOne({ number: PartNumber, from, start, end, etag }: CopiedPart): Promise<void> {
    const { sdk, client } = this.connection;
    const range = { CopySourceRange: `bytes=${start}-${end - 1}`, CopySourceIfMatch: etag };
    const command = new sdk.UploadPartCopyCommand({ ...this.id, PartNumber, CopySource: from, ...range });
    const { CopyPartResult } = await client.send(command, { abortSignal: this.cancelled.signal });
    this.parts.push({ PartNumber, ETag: CopyPartResult?.ETag, ChecksumCRC32: CopyPartResult?.ChecksumCRC32 });
    this.bytes += end - start;
  }
}

/** How a copy names the object that it is made of. */
export function copySourceOf(Bucket: string | undefined, key: string): string {
  return `${Bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
}

/** The ETag that servers compute for an object uploaded in parts, if those of the parts are plain digests. */
export function etagOf(parts: readonly CompletedPart[]): string | undefined {
  const digests = parts.map(({ ETag = '' }) => ETag.replaceAll('"', ''));
  if (!digests.every((digest) => /^[0-9a-f]{32}$/.test(digest))) return undefined;
  const all = Buffer.concat(digests.map((digest) => Buffer.from(digest, 'hex')));
  return `${createHash('md5').update(all).digest('hex')}-${parts.length}`;
}
