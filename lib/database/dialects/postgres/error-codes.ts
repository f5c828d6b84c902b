/** SQLSTATEs of somebody else's lock in the way: it stayed, or each waited for the other. */
export const LOCK_NOT_AVAILABLE = '55P03';
export const DEADLOCK_DETECTED = '40P01';
export const UNDEFINED_TABLE = '42P01';
