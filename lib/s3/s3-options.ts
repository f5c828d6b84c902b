import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { invalidOption } from '../errors/usage-errors.js';

export interface S3BucketOptions {
  readonly bucket: string;
  /** Prefix of every key, for example `backups/shop/`. @default '' */
  readonly prefix?: string;
  /**
   * Options of the SDK's client: `region`, `endpoint`, `forcePathStyle`, `credentials` and so on. What is omitted is
   * determined by the SDK's own chain (environment, profile, role of the machine).
   */
  readonly client?: S3ClientConfig;
  /**
   * Gives all parts of an upload this size, in bytes, as Cloudflare R2 requires; an object can then be at most 10 000
   * times as large. @default undefined (8 MiB at first, growing so that 5 TiB fit)
   */
  readonly partBytes?: number;
  /**
   * How long a connection may be idle, in milliseconds, before a request is given up and sent again,
   * `client.maxAttempts` times in all (3). It applies to connecting, too. A `requestHandler` of your own has its own
   * deadlines.
   * @default 30000
   */
  readonly timeout?: number;
  /** `AES256`, or `aws:kms` with `kmsKeyId`. @default undefined (the bucket's own default) */
  readonly serverSideEncryption?: 'AES256' | 'aws:kms';
  readonly kmsKeyId?: string;
  /** Locks each object for this many days; the bucket must have object lock. @default undefined */
  readonly objectLock?: { readonly mode: 'GOVERNANCE' | 'COMPLIANCE'; readonly days: number };
}

/** Options of `s3Prefix`. `prefix` ends in "/"; without one, the whole bucket is meant. */
export interface S3PrefixOptions extends Omit<S3BucketOptions, 'objectLock'> {
  /** The Content-Type of a restored object, by its path below the prefix. @default undefined (none) */
  readonly contentType?: (path: string) => string | undefined;
}

/** Default of the option `timeout`. */
export const DEFAULT_TIMEOUT_MS = 30_000;

/** The minimum that S3 accepts, except for the last part. */
const LEAST_PART_BYTES = 5 * 1024 * 1024;
const MOST_PART_BYTES = 1024 * 1024 * 1024;

/** @throws BackupError `INVALID_OPTIONS`; `option` is the name to use for the place */
export function checkS3Options(option: string, options: S3BucketOptions): void {
  const check = (name: string, isFine: boolean, remedy: string) => {
    if (!isFine) throw invalidOption(`${option}.${name}`, 'the value is invalid', remedy);
  };
  const { bucket, prefix = '', partBytes = LEAST_PART_BYTES, serverSideEncryption, kmsKeyId, objectLock } = options;
  check('bucket', typeof bucket === 'string' && bucket !== '', 'Set the name of a bucket.');
  check(
    'prefix',
    typeof prefix === 'string' && !prefix.startsWith('/'),
    'Set a string such as "backups/", without a leading "/".',
  );
  const isPart = Number.isInteger(partBytes) && partBytes >= LEAST_PART_BYTES && partBytes <= MOST_PART_BYTES;
  check('partBytes', isPart, `Set a number of bytes, ${LEAST_PART_BYTES} to ${MOST_PART_BYTES}.`);
  const { timeout = DEFAULT_TIMEOUT_MS } = options;
  check('timeout', Number.isInteger(timeout) && timeout >= 100 && timeout < 2 ** 31, 'Set milliseconds, 100 or more.');
  const encryptions: unknown[] = [undefined, 'AES256', 'aws:kms'];
  check('serverSideEncryption', encryptions.includes(serverSideEncryption), 'Set "AES256" or "aws:kms".');
  check('kmsKeyId', kmsKeyId === undefined || serverSideEncryption === 'aws:kms', 'Use it with "aws:kms".');
  if (!objectLock) return;
  check('objectLock.mode', ['GOVERNANCE', 'COMPLIANCE'].includes(objectLock.mode), 'Set GOVERNANCE or COMPLIANCE.');
  check('objectLock.days', Number.isInteger(objectLock.days) && objectLock.days > 0, 'Set a whole number of days.');
}
