import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { missingPackage } from '../errors/usage-errors.js';
import { leaveInTime } from './leave-in-time.js';
import { DEFAULT_TIMEOUT_MS, type S3BucketOptions } from './s3-options.js';

type Sdk = typeof import('@aws-sdk/client-s3');
type RequestHandler = S3ClientConfig['requestHandler'];

/** The SDK and a client. */
export interface S3Connection {
  readonly sdk: Sdk;
  readonly client: S3Client;
  /** What lets the server verify each upload; empty where the application has turned that off. */
  readonly checksum?: { readonly ChecksumAlgorithm?: 'CRC32' };
}

/** @throws BackupError `MISSING_PACKAGE` */
export async function connect({
  client: given = {},
  timeout = DEFAULT_TIMEOUT_MS,
}: S3BucketOptions): Promise<S3Connection> {
  const sdk = await loadSdk();
  const client = new sdk.S3Client({ ...given, requestHandler: handlerOf(given.requestHandler, timeout) });
  leaveInTime(client, timeout);
  // It may also be set in the environment or in a profile.
  const wanted = await client.config.requestChecksumCalculation();
  return { sdk, client, checksum: wanted === 'WHEN_REQUIRED' ? {} : { ChecksumAlgorithm: 'CRC32' } };
}

async function loadSdk(): Promise<Sdk> {
  try {
    return typeof require === 'function' ? require('@aws-sdk/client-s3') : await import('@aws-sdk/client-s3');
  } catch (cause) {
    throw missingPackage('@aws-sdk/client-s3', cause);
  }
}

/** Whether a request handler is the application's own, which has its own deadlines or none. */
export function isOwnHandler(handler: unknown): boolean {
  return typeof (handler as { handle?: unknown } | undefined)?.handle === 'function';
}

/** Gives up every connection on which nothing moves; the application's own settings take precedence. */
function handlerOf(given: RequestHandler, timeout: number): RequestHandler {
  if (isOwnHandler(given)) return given;
  return { connectionTimeout: timeout, socketTimeout: timeout, ...(given as object) } as RequestHandler;
}
