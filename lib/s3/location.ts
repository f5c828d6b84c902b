import type { S3BucketOptions } from './s3-options.js';

/** A bucket, or what is below a prefix in it, as a URL: equal for the same place, and without secrets. */
export function locationOf({ bucket, prefix = '', client }: S3BucketOptions): string {
  const { endpoint } = client ?? {};
  const server = typeof endpoint === 'string' && URL.canParse(endpoint) ? new URL(endpoint).host : undefined;
  return server === undefined ? `s3://${bucket}/${prefix}` : `https://${server}/${bucket}/${prefix}`;
}
