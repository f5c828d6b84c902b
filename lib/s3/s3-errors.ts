import { BackupError } from '../backup.errors.js';

interface S3Error {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const CREDENTIALS = 'its credentials are refused';
const DENIED = 'they may not do this (PutObject, GetObject, DeleteObject, ListBucket, AbortMultipartUpload are needed)';
/** What an error means, by its name or its HTTP status. */
const MEANINGS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'it does not exist',
  AccessDenied: DENIED,
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  ExpiredToken: 'its credentials have expired',
  CredentialsProviderError:
    'no credentials were found (option client.credentials, the environment, a profile or a role)',
  RequestTimeTooSkewed: 'the clock of this machine is wrong',
  PermanentRedirect: 'it lies in another region (option client.region)',
  QuotaExceeded: 'it is full',
  XMinioStorageFull: 'it is full',
  XMinioAdminBucketQuotaExceeded: 'it is full',
  403: `${CREDENTIALS}, or ${DENIED}`,
  507: 'it is full',
};

export function isMissing(error: unknown): boolean {
  const { name, $metadata } = (error ?? {}) as S3Error;
  return name === 'NoSuchKey' || name === 'NotFound' || (name !== 'NoSuchBucket' && $metadata?.httpStatusCode === 404);
}

/** A condition of the request did not hold. */
export function isConditionFailed(error: unknown): boolean {
  return (error as S3Error | undefined)?.$metadata?.httpStatusCode === 412;
}

/** What a connection is lost by. The SDK may hand it on in its message alone. */
const CONNECTION = /\b(?:ECONN[A-Z]+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|TimeoutError)\b/;

/** What happened to a bucket, in words; nothing for what is no error of S3 or its client. */
export function whatHappened(bucket: string, error: unknown): string | undefined {
  const { name = '', code = '', message = '', $metadata } = (error ?? {}) as S3Error;
  const status = $metadata?.httpStatusCode;
  const meaning = MEANINGS[name] ?? MEANINGS[String(status)];
  if (meaning) return `bucket "${bucket}": ${meaning}`;
  if (status !== undefined) return `bucket "${bucket}" answered ${status} ${name}`;
  const lost = CONNECTION.exec(`${code} ${name} ${message}`)?.[0];
  return lost === undefined ? undefined : `the server of bucket "${bucket}" does not answer (${lost})`;
}

/** The same as the error of a destination; what is no error of S3 or its client stays what it is. */
export function s3Failure(bucket: string, error: unknown): unknown {
  if (error instanceof BackupError) return error;
  const what = whatHappened(bucket, error);
  return what === undefined ? error : BackupError.destinationFailed(what, error);
}
