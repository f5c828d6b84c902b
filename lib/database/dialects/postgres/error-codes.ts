/** SQLSTATEs of somebody else's lock in the way: it stayed, or each waited for the other. */
export const LOCK_NOT_AVAILABLE = '55P03';
export const DEADLOCK_DETECTED = '40P01';
export const UNDEFINED_TABLE = '42P01';

/** Whether the server has no room for another lock; its code alone says only that memory was short. */
export function isOutOfLocks(error: unknown): boolean {
  const { code, hint } = (error ?? {}) as { code?: string; hint?: string };
  return code === '53200' && hint?.includes('max_locks_per_transaction') === true;
}
