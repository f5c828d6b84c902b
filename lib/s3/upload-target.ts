import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { destinationFailed } from '../errors/destination-errors.js';

/** Where an upload goes, and what the object is to have. */
export type UploadTarget = Pick<PutObjectCommandInput, 'Bucket' | 'Key'> & Partial<PutObjectCommandInput>;

export interface UploadOptions {
  /** The size of every part; default: growing ones. */
  readonly partBytes?: number;
  readonly signal?: AbortSignal;
  /** Puts it in the place of an object that is there. Default: that is an error. */
  readonly replace?: boolean;
  /** Nobody else ever uploads anything to this place. Default: what may not replace another one. */
  readonly isFresh?: boolean;
}

/** Servers that do not know an encryption take the object without a word. @throws BackupError `DESTINATION_FAILED` */
export function checkEncryption(
  { Bucket, ServerSideEncryption: asked }: UploadTarget,
  { ServerSideEncryption: done }: { readonly ServerSideEncryption?: string },
): void {
  if (asked === undefined || asked === done) return;
  throw destinationFailed(`bucket "${Bucket}" does not encrypt with ${asked} (serverSideEncryption)`);
}
