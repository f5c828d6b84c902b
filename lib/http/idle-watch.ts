import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { whenIdle } from '../support/when-idle.js';

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
  stream.on('data', (chunk: Buffer) => (sent += chunk.length));
  const tookNothing = () => {
    const waiting = response.writableLength;
    const before = taken;
    taken = sent - waiting;
    return waiting > 0 && taken === before;
  };
  response.once('close', whenIdle(timeout, tookNothing, onIdle));
}
