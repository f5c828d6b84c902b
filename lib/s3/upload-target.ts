import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { destinationFailed } from '../errors/destination-errors.js';

/** Where an upload goes, and what the object should have. */
export type UploadTarget = Pick<PutObjectCommandInput, 'Bucket' | 'Key'> & Partial<PutObjectCommandInput>;

export interface UploadOptions {
  /** The size of every part. Default: growing sizes. */
  readonly partBytes?: number;
  readonly signal?: AbortSignal;
  /** Replaces an existing object. Default: that is an error. */
  readonly replace?: boolean;
  /** With `replace`: only the object that has this ETag. */
  readonly ifMatch?: string;
  /** Nobody else ever uploads anything to this place. Default: true unless `replace` is set. */
  readonly isFresh?: boolean;
}

/**
 * Servers that do not support an encryption accept the object without an error. @throws BackupError
 * `DESTINATION_FAILED`
 */
export function checkEncryption(
  { Bucket, ServerSideEncryption: asked }: UploadTarget,
  { ServerSideEncryption: done }: { readonly ServerSideEncryption?: string },
): void {
  if (asked === undefined || asked === done) return;
  throw destinationFailed(`bucket "${Bucket}" does not encrypt with ${asked} (serverSideEncryption)`);
}
