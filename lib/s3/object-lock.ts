import type { HeadObjectCommandOutput } from '@aws-sdk/client-s3';

/** A legal hold has no end date. */
export const WITHOUT_END = new Date('9999-12-31T23:59:59Z');

type Locks = Pick<HeadObjectCommandOutput, 'ObjectLockLegalHoldStatus' | 'ObjectLockRetainUntilDate'>;

/** Until when an object may not be deleted; undefined without a lock. */
export function lockIn(head: Locks | undefined): Date | undefined {
  return head?.ObjectLockLegalHoldStatus === 'ON' ? WITHOUT_END : head?.ObjectLockRetainUntilDate;
}
