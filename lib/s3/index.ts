/**
 * Entry `nestjs-backup/s3`; needs the optional peer `@aws-sdk/client-s3`.
 * @module nestjs-backup/s3
 */
export { s3Bucket } from './s3-bucket.js';
export type { S3BucketOptions, S3PrefixOptions } from './s3-options.js';
export { s3Prefix } from './s3-prefix.js';
