import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';
import { BackupError } from '../errors/backup-error.js';
import { destinationFailed } from '../errors/destination-errors.js';
import type { S3Connection } from './connection.js';
import type { FetchRange } from './range-source.js';
import { isConditionFailed, isMissing, isPassing, s3Failure } from './s3-errors.js';

/** How often a range is requested. */
const READS = 3;

/** Reads one state of an object, each range again as often as it takes. */
export function rangesOf(
  { sdk, client }: S3Connection,
  at: { readonly Bucket: string; readonly Key: string },
  { ETag: etag, VersionId }: HeadObjectCommandOutput,
): FetchRange {
  const fetch = async (start: number, end: number) => {
    const condition = { IfMatch: etag, VersionId };
    const command = new sdk.GetObjectCommand({ ...at, ...condition, Range: `bytes=${start}-${end - 1}` });
    const { Body, ETag } = await client.send(command);
    const bytes = Buffer.from(await Body!.transformToByteArray());
    // A server may not support the condition.
    if (ETag !== etag) throw changed(at.Key);
    if (bytes.length === end - start) return bytes;
    throw new Error(`"${at.Key}" was truncated at byte ${start + bytes.length}`);
  };
  return async (start, end) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await fetch(start, end);
      } catch (error) {
        if (isConditionFailed(error) || isMissing(error)) throw changed(at.Key, error);
        // The SDK retries only until an answer begins.
        if (attempt < READS && !(error instanceof BackupError) && isPassing(error)) continue;
        const told = s3Failure(at.Bucket, error);
        throw told instanceof BackupError ? told : destinationFailed((error as Error).message, error);
      }
    }
  };
}

export function changed(key: string, cause?: unknown): BackupError {
  return destinationFailed(`"${key}" was replaced or deleted while it was being read`, cause);
}
