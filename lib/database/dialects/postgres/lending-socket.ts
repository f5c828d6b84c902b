import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { LendingPool } from '../../../support/lent-bytes.js';

/** What Node reads at a time. */
const CHUNK_BYTES = 64 * 1024;
const MOST_SPARE = 4;

/** A socket whose chunks are lent, for a reader that gives them back; others notice no difference. */
export function lendingSocket(): Socket {
  const pool = new LendingPool(CHUNK_BYTES, MOST_SPARE);
  const onread: OnReadOpts = {
    buffer: () => pool.take(),
    callback: (bytes, memory) => socket.push(pool.lend(memory as Buffer, bytes)),
  };
  // Its types know this option of `connect` only.
  const socket = new Socket({ onread } as SocketConstructorOpts);
  return socket;
}
