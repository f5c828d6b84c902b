/**
 * Entry `nestjs-backup/kms`; needs the optional peer `@aws-sdk/client-kms`.
 * @module nestjs-backup/kms
 */
export { type AwsKmsOptions, awsKms } from './aws-kms.js';
