import { BackupError } from '../errors/backup-error.js';
import { destinationFailed } from '../errors/destination-errors.js';

interface S3Error {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  /** What some servers report about a request that they do not support. */
  readonly Header?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const CREDENTIALS = 'the credentials were rejected';
const DENIED =
  'the credentials do not permit this (PutObject, GetObject, DeleteObject, ListBucket, AbortMultipartUpload are needed)';
/** What an error means, by its name or its HTTP status. */
const MEANINGS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'it does not exist',
  AccessDenied: DENIED,
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  ExpiredToken: 'the credentials have expired',
  CredentialsProviderError:
    'no credentials were found (option client.credentials, the environment, a profile or a role)',
  RequestTimeTooSkewed: 'the clock of this machine is wrong',
  PermanentRedirect: 'it is in another region (option client.region)',
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

/** A condition of the request was not met. */
export function isConditionFailed(error: unknown): boolean {
  return (error as S3Error | undefined)?.$metadata?.httpStatusCode === 412;
}

/** With these answers, the server may still have carried out the first attempt of the request. */
const MAY_BE_DONE = new Set([404, 408, 409, 412, 429]);

/** The server has decided not to do it. */
export function isRefused(error: unknown): boolean {
  const status = (error as S3Error | undefined)?.$metadata?.httpStatusCode ?? 0;
  return status >= 400 && status < 500 && !MAY_BE_DONE.has(status);
}

/** Worth retrying for requests that change nothing: the connection broke, or the server is in trouble. */
export function isPassing(error: unknown): boolean {
  const status = (error as S3Error | undefined)?.$metadata?.httpStatusCode;
  return status === undefined || status === 408 || status === 429 || status >= 500 || status < 300;
}

/** Ways a connection is lost. The SDK may report them in its message alone. */
const CONNECTION = /\b(?:ECONN[A-Z]+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|TimeoutError)\b/;

/** What servers say about headers that are newer than they are. */
const CHECKSUMS = /checksum|x-amz-sdk|trailer|aws-chunked/i;
const MOST_SAID = 200;

/** A server's own words, and a remedy if they are about checksums. */
function saidBy({ name = '', message = '', Header = '', $metadata }: S3Error): string {
  const words = [message === name ? '' : message, Header && `header ${Header}`].filter((one) => one !== '');
  const said = words
    .join(', ')
    .replaceAll(/[^\p{L}\p{N}\p{P}\p{Sm} ]+/gu, ' ')
    .slice(0, MOST_SAID);
  const isUnknown = [400, 501].includes($metadata?.httpStatusCode ?? 0) && CHECKSUMS.test(`${name} ${said}`);
  const remedy =
    "for a server that does not support these checksums, set client: { requestChecksumCalculation: 'WHEN_REQUIRED' }";
  return [said && ` (${said})`, isUnknown && `; ${remedy}`].filter(Boolean).join('');
}

/** What happened to a bucket, in words; undefined for anything that is not an error of S3 or its client. */
export function whatHappened(bucket: string, error: unknown): string | undefined {
  const { name = '', code = '', message = '', $metadata } = (error ?? {}) as S3Error;
  const status = $metadata?.httpStatusCode;
  const meaning = MEANINGS[name] ?? MEANINGS[String(status)];
  if (meaning) return `bucket "${bucket}": ${meaning}`;
  if (status !== undefined) return `bucket "${bucket}" answered ${status} ${name}${saidBy(error as S3Error)}`;
  const lost = CONNECTION.exec(`${code} ${name} ${message}`)?.[0];
  return lost === undefined ? undefined : `the server of bucket "${bucket}" does not answer (${lost})`;
}

/** The same as a destination's error; anything that is not an error of S3 or its client is returned unchanged. */
export function s3Failure(bucket: string, error: unknown): unknown {
  if (error instanceof BackupError) return error;
  const what = whatHappened(bucket, error);
  return what === undefined ? error : destinationFailed(what, error);
}
