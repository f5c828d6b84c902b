import type { EventEmitter } from 'node:events';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { type Bytes, bytesOf } from '../../../jsonl/bytes.js';
import { viewOf } from '../../../jsonl/format.js';
import { giveBack, LendingPool } from '../../../support/lent-bytes.js';

/** The messages of the protocol that matter: their code, a length in four bytes that counts itself, and the content. */
const [DATA, DONE, ERROR] = [0x64, 0x63, 0x45];
const HEADER_BYTES = 5;
/** The memory of a longer row is not kept for the next one. */
const KEPT_BYTES = 256 * 1024;

/** The part of node-postgres' connection that is used. */
interface PgConnection {
  query(sql: string): void;
  readonly stream: EventEmitter & { pause(): unknown; resume(): unknown };
}

type OnData = (bytes: Buffer) => void;

interface RowReader {
  /** Is called with each row; the bytes are not its own. */
  onRow(row: Bytes, start: number, end: number): void;
  readonly maxRowBytes: number;
  tooLong(): Error;
}

/**
 * A query of node-postgres that is a `COPY … TO STDOUT`, in which each row is a message. It reads these from the
 * connection's stream by itself and makes no object of them, which for short rows takes longer than all the rest.
 * Memory: what the stream holds, and a row that arrives in parts.
 */
export class CopyOut {
  private connection: PgConnection | undefined;
  /** What node-postgres would do with the bytes of the stream. */
  private handler: OnData | undefined;
  private readonly chunks: Buffer[] = [];
  /** The beginning of a message whose end has not arrived. */
  private held = bytesOf(Buffer.alloc(HEADER_BYTES));
  private heldBytes = 0;
  private failure: { readonly error: unknown } | undefined;
  private isDone = false;
  private isReady = false;
  private wake = () => {};

  constructor(
    private readonly sql: string,
    private readonly reader: RowReader,
  ) {}

  /** Reads on. @returns false at the end, when the connection is free again */
  async advance(): Promise<boolean> {
    for (;;) {
      if (this.failure) throw this.failure.error;
      const chunk = this.chunks.shift();
      if (chunk) {
        this.read(chunk);
        return true;
      }
      if (this.isReady) return false;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        this.connection?.stream.resume();
      });
    }
  }

  /** The size of a row that has arrived in part, or 0. */
  get begunBytes(): number {
    return this.heldBytes < HEADER_BYTES ? 0 : messageBytes(this.held.view, 0);
  }

  /** Called by node-postgres, like the handlers below. */
  submit(connection: PgConnection): Error | undefined {
    const { stream } = connection;
    const [handler, ...others] = stream.listeners('data') as OnData[];
    if (!handler || others.length > 0) return new Error('Something else reads from this connection.');
    this.connection = connection;
    this.handler = handler;
    stream.off('data', handler);
    stream.on('data', this.onData);
    connection.query(this.sql);
    return undefined;
  }

  handleError(error: unknown): void {
    this.failure ??= { error };
    this.wake();
  }

  handleCommandComplete(): void {}

  handleReadyForQuery(): void {
    this.isReady = true;
    this.wake();
  }

  private readonly onData = (chunk: Buffer): void => {
    this.chunks.push(chunk);
    this.connection!.stream.pause();
    this.wake();
  };

  /** Reads the messages of a chunk, until node-postgres is to read again. */
  private read(chunk: Buffer): void {
    const read = bytesOf(chunk);
    const { length } = chunk;
    let at = this.heldBytes > 0 ? this.completeHeld(chunk) : 0;
    while (at < length && !this.isDone && chunk[at] !== ERROR) {
      const end = at + HEADER_BYTES <= length ? at + messageBytes(read.view, at) : length + 1;
      if (end <= length) this.take(read, at, end);
      else this.hold(chunk.subarray(at));
      at = end;
    }
    if (at < length || this.isDone) this.handBack(chunk.subarray(at));
    else giveBack(chunk);
  }

  private take(row: Bytes, start: number, end: number): void {
    const kind = row.bytes[start];
    if (kind === DATA) this.reader.onRow(row, start + HEADER_BYTES, end);
    else if (kind === DONE) this.isDone = true;
  }

  private hold(part: Buffer): void {
    this.reserve(part.length < HEADER_BYTES ? HEADER_BYTES : messageBytes(viewOf(part), 0));
    this.heldBytes = part.copy(this.held.bytes);
  }

  /** Adds to the message that is held, and takes it when it is complete. @returns how many bytes belong to it */
  private completeHeld(chunk: Buffer): number {
    let used = 0;
    if (this.heldBytes < HEADER_BYTES) {
      used = this.addToHeld(chunk, 0, HEADER_BYTES);
      if (this.heldBytes < HEADER_BYTES) return used;
      this.reserve(messageBytes(this.held.view, 0));
    }
    const size = messageBytes(this.held.view, 0);
    used += this.addToHeld(chunk, used, size);
    if (this.heldBytes < size) return used;
    this.take(this.held, 0, size);
    this.heldBytes = 0;
    if (this.held.bytes.length > KEPT_BYTES) this.held = bytesOf(Buffer.alloc(HEADER_BYTES));
    return used;
  }

  private addToHeld(chunk: Buffer, from: number, size: number): number {
    const copied = chunk.copy(this.held.bytes, this.heldBytes, from, from + size - this.heldBytes);
    this.heldBytes += copied;
    return copied;
  }

  private reserve(size: number): void {
    if (size > this.reader.maxRowBytes) throw this.reader.tooLong();
    if (size <= this.held.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(size);
    this.held.bytes.copy(larger, 0, 0, this.heldBytes);
    this.held = bytesOf(larger);
  }

  /** Gives the stream back to node-postgres, with what has not been read. */
  private handBack(rest: Buffer): void {
    const { stream } = this.connection!;
    stream.off('data', this.onData);
    stream.on('data', this.handler!);
    for (const bytes of [rest, ...this.chunks.splice(0)]) this.handler!(bytes);
    stream.resume();
  }
}

function messageBytes(view: DataView, at: number): number {
  return view.getUint32(at + 1) + 1;
}

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
