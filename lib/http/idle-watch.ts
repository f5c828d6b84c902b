import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';

/** The interval of the checks, as a fraction of the timeout, and its upper limit in milliseconds. */
const PARTS = 10;
const MOST_BETWEEN = 10_000;

/**
 * Watches whether a client reads what is sent to it. Only time during which bytes wait for the client counts: while the
 * database or a disk is slow, none wait.
 * @param timeout in milliseconds without a byte being read
 * @param onIdle called once
 */
export function watchForIdleness(
  stream: Readable,
  response: ServerResponse,
  timeout: number,
  onIdle: () => void,
): void {
  let sent = 0;
  let taken = 0;
  let since = performance.now();
  stream.on('data', (chunk: Buffer) => (sent += chunk.length));
  const look = () => {
    const now = performance.now();
    const waiting = response.writableLength;
    if (waiting === 0 || sent - waiting !== taken) since = now;
    taken = sent - waiting;
    if (now - since < timeout) return;
    clearInterval(timer);
    onIdle();
  };
  const timer = setInterval(look, Math.min(timeout / PARTS, MOST_BETWEEN));
  timer.unref();
  response.once('close', () => clearInterval(timer));
}
