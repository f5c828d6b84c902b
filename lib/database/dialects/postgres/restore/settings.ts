/** How long a table may stay locked by others, in milliseconds. */
export const LOCK_TIMEOUT_MS = 10_000;
