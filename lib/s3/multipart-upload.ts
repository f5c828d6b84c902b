import type { CompletedPart, UploadPartCommandInput } from '@aws-sdk/client-s3';
import type { S3Connection } from './connection.js';
import type { Part } from './parts.js';
import { CHECKSUM, checkEncryption, conditionally, type Place, type UploadOptions } from './place.js';
import { isConditionFailed, isMissing } from './s3-errors.js';

/** Parts on their way while the next one is filled. */
const AT_ONCE = 2;
const ABORTS = 3;
/** What is on its way may arrive, in milliseconds: a part that the server still takes in keeps an aborted upload alive. */
const LAST_PARTS = 10_000;

/** An upload in parts: `begin`, `send` each, `complete`; or `abort`, after which nothing of it is left. */
export class MultipartUpload {
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
