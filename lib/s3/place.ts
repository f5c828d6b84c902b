import type { PutObjectCommandInput, PutObjectCommandOutput } from '@aws-sdk/client-s3';
import { BackupError } from '../backup.errors.js';

/** Where an upload goes, and what the object is to have. */
export type Place = Pick<PutObjectCommandInput, 'Bucket' | 'Key'> & Partial<PutObjectCommandInput>;

export interface UploadOptions {
  /** The size of every part; default: growing ones. */
  readonly partBytes?: number;
  readonly signal?: AbortSignal;
  /** Puts it in the place of an object that is there. Default: that is an error. */
  readonly replace?: boolean;
}

/** Every part, and so the object, is checked by the server. */
export const CHECKSUM = { ChecksumAlgorithm: 'CRC32' } as const;
/** A server that does not know this condition says so. */
const UNLESS_THERE = { IfNoneMatch: '*' } as const;

/** Sends what does not replace an object that is there, unless it may. */
export async function conditionally<Result>(
  send: (condition: object) => Promise<Result>,
  replace = false,
): Promise<Result> {
  if (replace) return send({});
  try {
    return await send(UNLESS_THERE);
  } catch (error) {
    if ((error as { name?: string }).name !== 'NotImplemented') throw error;
    return send({});
  }
}

/** Servers that do not know an encryption take the object without a word. @throws BackupError `DESTINATION_FAILED` */
export function checkEncryption(
  { Bucket, ServerSideEncryption: asked }: Place,
  { ServerSideEncryption: done }: Pick<PutObjectCommandOutput, 'ServerSideEncryption'>,
): void {
  if (asked === undefined || asked === done) return;
  throw BackupError.destinationFailed(`bucket "${Bucket}" does not encrypt with ${asked} (serverSideEncryption)`);
}
