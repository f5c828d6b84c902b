import { randomUUID } from 'node:crypto';
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { S3Connection } from './connection.js';
import { isMissing, isRefused } from './s3-errors.js';
import type { UploadTarget } from './upload-target.js';

/** In the metadata of an object that must never replace another: which upload put it there. */
const MARK = 'nestjs-backup-put';
/** A server that does not support this condition says so. */
const UNLESS_THERE = { IfNoneMatch: '*' } as const;

/** Properties by which an object is recognised as the one that was sent. */
export interface Sent {
  readonly bytes: number;
  /** As most servers compute it from the content; undefined where that is unknown. */
  readonly etag: () => string | undefined;
}

/** What is known of an existing object. */
export type Known = Pick<HeadObjectCommandOutput, 'ServerSideEncryption' | 'VersionId'>;

/**
 * One object being put by a request that may be sent twice, or whose answer may be lost. So a negative answer is
 * checked against what exists: an object with the mark of this upload is the one that was sent.
 */
export class OwnObject {
  private readonly mark = randomUUID();

  /**
   * @param replaces whether it may replace another object; it then has no mark, and is recognised by its content
   * @param ifMatch the ETag of the only object that it may replace
   */
  constructor(
    private readonly connection: S3Connection,
    private readonly place: UploadTarget,
    private readonly replaces = false,
    private readonly ifMatch?: string,
  ) {}

  /** Where it goes, and what it should have. */
  get marked(): UploadTarget {
    const { place, mark } = this;
    return this.replaces ? place : { ...place, Metadata: { ...place.Metadata, [MARK]: mark } };
  }

  /**
   * Sends the request that creates it.
   * @returns what is known of it
   * @throws what the request throws, if the object does not exist
   */
  async send(request: (condition: object) => Promise<Known>, sent: Sent, signal?: AbortSignal): Promise<Known> {
    try {
      return await this.conditionally(request);
    } catch (error) {
      if (signal?.aborted) {
        await this.remove(sent);
      } else if (!isRefused(error)) {
        const there = await this.find(sent).catch(() => undefined);
        if (there) return there;
      }
      throw error;
    }
  }

  /** Deletes it if it exists, and nothing else. */
  async remove(sent: Sent): Promise<void> {
    const { sdk, client } = this.connection;
    const { Bucket, Key } = this.place;
    const there = await this.find(sent).catch(() => undefined);
    if (!there || this.replaces) return;
    await client.send(new sdk.DeleteObjectCommand({ Bucket, Key, VersionId: there.VersionId })).catch(() => {});
  }

  private async conditionally(request: (condition: object) => Promise<Known>): Promise<Known> {
    const { replaces, ifMatch } = this;
    if (replaces && ifMatch === undefined) return request({});
    try {
      return await request(replaces ? { IfMatch: ifMatch } : UNLESS_THERE);
    } catch (error) {
      const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
      if (name !== 'NotImplemented' && $metadata?.httpStatusCode !== 501) throw error;
      return request({});
    }
  }

  private async find({ bytes, etag }: Sent): Promise<HeadObjectCommandOutput | undefined> {
    const { sdk, client } = this.connection;
    const { Bucket, Key } = this.place;
    const head = await client.send(new sdk.HeadObjectCommand({ Bucket, Key })).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (!head || head.ContentLength !== bytes) return undefined;
    if (!this.replaces) return head.Metadata?.[MARK] === this.mark ? head : undefined;
    const expected = etag();
    return expected !== undefined && head.ETag?.replaceAll('"', '') === expected ? head : undefined;
  }
}
