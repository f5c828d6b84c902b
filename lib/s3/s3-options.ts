import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { invalidOption } from '../errors/usage-errors.js';

export interface S3BucketOptions {
  readonly bucket: string;
  /** In front of every key, for example `backups/shop/`. @default '' */
  readonly prefix?: string;
  /**
   * What the SDK's client gets: `region`, `endpoint`, `forcePathStyle`, `credentials` and so on. What is left out is found
   * by the SDK's own chain (environment, profile, role of the machine).
   */
  readonly client?: S3ClientConfig;
  /**
   * Makes all parts of an upload this large, in bytes, as Cloudflare R2 wants it; an object then has 10 000 times as many
   * at most. @default undefined (8 MiB first, more later, so that 5 TiB fit)
   */
  readonly partBytes?: number;
  /**
   * How long nothing may move on a connection, in milliseconds, before a request is given up and sent again, as often as
   * `client.maxAttempts` says (3). It counts for connecting, too. A `requestHandler` of your own has its own deadlines.
   * @default 30000
   */
  readonly timeout?: number;
  /** `AES256`, or `aws:kms` with `kmsKeyId`. @default undefined (what the bucket does by itself) */
  readonly serverSideEncryption?: 'AES256' | 'aws:kms';
  readonly kmsKeyId?: string;
  /** Locks each object for so many days; the bucket must have object lock. @default undefined */
  readonly objectLock?: { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly days: number };
}

/** Options of `s3Prefix`. `prefix` ends in "/"; without one, all of the bucket is meant. */
export interface S3PrefixOptions extends Omit<S3BucketOptions, 'objectLock'> {
  /** The Content-Type of an object that a restore brings back, by its path below the prefix. @default undefined (none) */
  readonly contentType?: (path: string) => string | undefined;
}

/** Of the option `timeout`. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** What S3 takes, but for the last part. */
const LEAST_PART_BYTES = 5 * 1024 * 1024;
const MOST_PART_BYTES = 1024 * 1024 * 1024;

/** @throws BackupError `INVALID_OPTIONS`; `option` is what to call the place */
export function checkS3Options(option: string, options: S3BucketOptions): void {
  const check = (name: string, isFine: boolean, remedy: string) => {
    if (!isFine) throw invalidOption(`${option}.${name}`, 'the value is not one that it takes', remedy);
  };
  const { bucket, prefix = '', partBytes = LEAST_PART_BYTES, serverSideEncryption, kmsKeyId, objectLock } = options;
  check('bucket', typeof bucket === 'string' && bucket !== '', 'Give the name of a bucket.');
  check('prefix', typeof prefix === 'string' && !prefix.startsWith('/'), 'Give text like "backups/", no "/" in front.');
  const isPart = Number.isInteger(partBytes) && partBytes >= LEAST_PART_BYTES && partBytes <= MOST_PART_BYTES;
  check('partBytes', isPart, `Give bytes, ${LEAST_PART_BYTES} to ${MOST_PART_BYTES}.`);
  const { timeout = DEFAULT_TIMEOUT_MS } = options;
  check('timeout', Number.isInteger(timeout) && timeout >= 100 && timeout < 2 ** 31, 'Give milliseconds, 100 or more.');
  const encryptions: unknown[] = [undefined, 'AES256', 'aws:kms'];
  check('serverSideEncryption', encryptions.includes(serverSideEncryption), 'Give "AES256" or "aws:kms".');
  check('kmsKeyId', kmsKeyId === undefined || serverSideEncryption === 'aws:kms', 'Use it with "aws:kms".');
  if (!objectLock) return;
  check('objectLock.mode', ['GOVERNANCE', 'COMPLIANCE'].includes(objectLock.mode), 'Give GOVERNANCE or COMPLIANCE.');
  check('objectLock.days', Number.isInteger(objectLock.days) && objectLock.days > 0, 'Give whole days.');
}
