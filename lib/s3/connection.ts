import type { S3Client } from '@aws-sdk/client-s3';
import { BackupError } from '../backup.errors.js';
import type { S3BucketOptions } from './s3-options.js';

type Sdk = typeof import('@aws-sdk/client-s3');

/** The SDK, and a client of it. */
export interface S3Connection {
  readonly sdk: Sdk;
  readonly client: S3Client;
}

/** @throws BackupError `MISSING_PACKAGE` */
export async function connect({ client }: S3BucketOptions): Promise<S3Connection> {
  const sdk = await import('@aws-sdk/client-s3').catch((cause: unknown) => {
    throw BackupError.missingPackage('@aws-sdk/client-s3', cause);
  });
  return { sdk, client: new sdk.S3Client(client ?? {}) };
}
