import type { S3Connection } from './connection.js';
import type { UploadTarget } from './upload-target.js';

/**
 * Aborts all uploads, except one, to a place that nobody else uploads to. Whatever fails is left to the bucket's own
 * rule for incomplete uploads.
 */
export async function abortStrays({ sdk, client }: S3Connection, place: UploadTarget, but?: string): Promise<void> {
  const { Bucket, Key } = place;
  try {
    const { Uploads = [] } = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket, Prefix: Key }));
    for (const { Key: found, UploadId } of Uploads) {
      if (found !== Key || UploadId === but) continue;
      await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    }
  } catch {
    // The credentials may not be allowed to list uploads.
  }
}
