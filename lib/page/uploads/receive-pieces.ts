import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BackupDestination } from '../../destinations/backup-destination.js';
import { withDeadline } from '../../support/deadline.js';
import type { Piece } from './upload-pieces.js';

export interface ReceiveOptions {
  /** Name of a piece that begins there. */
  readonly nameAt: (offset: number) => string;
  /** Where the first byte belongs. */
  readonly offset: number;
  /** How many bytes are missing; more are not read. */
  readonly missing: number;
  /** Size of a piece, in bytes. */
  readonly pieceBytes: number;
  /** How long the client may send nothing, in milliseconds. */
  readonly idleTimeout: number;
  /** Ends it early, as if the client had left. */
  readonly signal: AbortSignal;
  /** Called with the first bytes of the upload, before anything is stored; what it throws ends it. */
  readonly look: (bytes: Buffer) => void;
}

/** What came of a request. */
export interface Received {
  readonly pieces: readonly Piece[];
  /** Whether the client sent more than was missing. */
  readonly isTooMuch: boolean;
}

/**
 * Stores what a client sends, as it comes, in pieces of a limited size: what it has sent before it leaves, or before this
 * process is killed, need not be sent again.
 * @throws what the destination throws; the pieces before that are stored
 */
export async function receivePieces(
  body: Readable,
  destination: BackupDestination,
  { nameAt, offset, missing, pieceBytes, idleTimeout, signal, look }: ReceiveOptions,
): Promise<Received> {
  const incoming = new Incoming(body, idleTimeout, signal);
  const pieces: Piece[] = [];
  let at = offset;
  for (let left = missing; left > 0 && (await incoming.hasMore()); left = missing - (at - offset)) {
    if (at === 0) look(incoming.next);
    const name = nameAt(at);
    const content = new PassThrough();
    const feeding = pipeline(incoming.take(Math.min(left, pieceBytes)), content);
    // `put` reports why it did not read to the end.
    feeding.catch(() => {});
    const { bytes } = await destination.put(name, content);
    await feeding;
    pieces.push({ name, offset: at, bytes });
    at += bytes;
  }
  return { pieces, isTooMuch: at - offset === missing && (await incoming.hasMore()) };
}

/** The bytes of a request. That the client leaves, or sends nothing for too long, is their end. */
class Incoming {
  private readonly chunks: AsyncIterator<Buffer>;
  private waiting: Buffer = Buffer.alloc(0);
  private isOver = false;

  constructor(
    private readonly body: Readable,
    private readonly idleTimeout: number,
    private readonly signal: AbortSignal,
  ) {
    this.chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  /** What comes next, if `hasMore` has said so. */
  get next(): Buffer {
    return this.waiting;
  }

  async hasMore(): Promise<boolean> {
    while (this.waiting.length === 0 && !this.isOver) await this.pull();
    return this.waiting.length > 0;
  }

  async *take(most: number): AsyncGenerator<Buffer> {
    for (let left = most; left > 0 && (await this.hasMore()); ) {
      const chunk = this.waiting.subarray(0, left);
      this.waiting = this.waiting.subarray(chunk.length);
      left -= chunk.length;
      yield chunk;
    }
  }

  private async pull(): Promise<void> {
    const silent = () => new Error('The client sends nothing.');
    try {
      const { value, done } = await withDeadline(this.idleTimeout, this.chunks.next(), silent, this.signal);
      if (done) this.isOver = true;
      else this.waiting = value;
    } catch {
      this.isOver = true;
      this.body.destroy();
    }
  }
}
