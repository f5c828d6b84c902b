import { randomUUID } from 'node:crypto';
import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import type { S3Connection } from './connection.js';
import type { UploadTarget } from './upload-target.js';
import { isMissing, isRefused } from './s3-errors.js';

/** In the metadata of an object that is never to replace another: who has put it there. */
const MARK = 'nestjs-backup-put';
/** A server that does not know this condition says so. */
const UNLESS_THERE = { IfNoneMatch: '*' } as const;

/** What an object has when it is what was sent. */
export interface Sent {
  readonly bytes: number;
  /** As most servers make it of the content; undefined where that cannot be told. */
  readonly etag: () => string | undefined;
}

/** What is known of an object that is there. */
export type Known = Pick<HeadObjectCommandOutput, 'ServerSideEncryption' | 'VersionId'>;

/**
 * One object that is put, by a request that may be sent twice, or whose answer may be lost. So an answer that says no is
 * held against what is there: an object that bears the mark of this put is the one that was sent.
 */
export class OwnObject {
  private readonly mark = randomUUID();

  /** @param replaces whether it may take the place of another one; it then bears no mark, and its content must tell */
  constructor(
    private readonly connection: S3Connection,
    private readonly place: UploadTarget,
    private readonly replaces = false,
  ) {}

  /** Where it goes, and what it is to have. */
  get marked(): UploadTarget {
    const { place, mark } = this;
    return this.replaces ? place : { ...place, Metadata: { ...place.Metadata, [MARK]: mark } };
  }

  /**
   * Sends what makes it be there.
   * @returns what is known of it
   * @throws what the request throws, when it is not there
   */
  async send(request: (condition: object) => Promise<Known>, sent: Sent, signal?: AbortSignal): Promise<Known> {
    try {
      return await this.conditionally(request);
    } catch (error) {
      if (signal?.aborted) await this.remove(sent);
      else if (!isRefused(error)) {
        const there = await this.find(sent).catch(() => undefined);
        if (there) return there;
      }
      throw error;
    }
  }

  /** Deletes it if it is there, and nothing else. */
  async remove(sent: Sent): Promise<void> {
    const { sdk, client } = this.connection;
    const { Bucket, Key } = this.place;
    const there = await this.find(sent).catch(() => undefined);
    if (!there || this.replaces) return;
    await client.send(new sdk.DeleteObjectCommand({ Bucket, Key, VersionId: there.VersionId })).catch(() => {});
  }

  private async conditionally(request: (condition: object) => Promise<Known>): Promise<Known> {
    if (this.replaces) return request({});
    try {
      return await request(UNLESS_THERE);
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
