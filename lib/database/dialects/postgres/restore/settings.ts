import type { PgClient } from '../connection.js';

/** How long a table may stay locked by others, in milliseconds. */
export const LOCK_TIMEOUT_MS = 10_000;

/** Until the end of the transaction no lock is waited for longer. Whatever pins the settings takes this back. */
export async function limitWaits(client: PgClient): Promise<void> {
  await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
}
