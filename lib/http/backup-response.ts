import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Backup } from '../backup/backup.js';
import { idle } from '../errors/run-errors.js';
import { whenIdle } from '../support/when-idle.js';

/** What Express and Fastify pass to a handler: Node's own objects, or wrappers that hold them as `raw`. */
interface HostRequest {
  readonly raw?: IncomingMessage;
}
interface HostResponse {
  readonly raw?: ServerResponse;
  /** Fastify: takes the response out of the framework's hands. */
  hijack?(): void;
  /** Fastify: headers that hooks and plugins (CORS) have set so far. */
  getHeaders?(): OutgoingHttpHeaders;
}

/**
 * Sends one archive over HTTP. It bypasses the application's interceptors and serialisers, because an archive must be sent
 * byte for byte, and it never ends a broken archive cleanly.
 */
export class BackupResponse {
  private readonly left = new AbortController();
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;

  constructor(
    request: unknown,
    private readonly hostResponse: unknown,
    /** In milliseconds. */
    private readonly idleTimeout: number,
  ) {
    this.request = (request as HostRequest).raw ?? (request as IncomingMessage);
    this.response = (hostResponse as HostResponse).raw ?? (hostResponse as ServerResponse);
    this.response.once('close', () => this.left.abort());
    if (this.request.socket.destroyed) this.left.abort();
  }

  /** Aborts when the client leaves, and also, without effect, after the answer is complete. */
  get gone(): AbortSignal {
    return this.left.signal;
  }

  /** Sends the headers with the archive's first bytes, then resolves; an earlier failure is thrown. */
  async begin({ id, filename, contentType, stream }: Backup): Promise<void> {
    await this.stream(stream, 200, {
      'Content-Type': contentType,
      'Content-Disposition': `attachment; filename="${filename}"`,
      'X-Backup-Id': id,
    });
  }

  /** The same with other headers; those against caches and buffers are added. */
  async stream(stream: Readable, status: number, headers: OutgoingHttpHeaders): Promise<void> {
    if (!stream.errored) await once(stream, 'readable');
    if (stream.errored) throw stream.errored; // It may have failed after it became readable.
    // The client has left, or the application has answered already (for example a timeout interceptor).
    if (this.gone.aborted || this.response.headersSent) {
      stream.destroy();
      return;
    }
    this.head(status, headers);
    this.send(stream);
  }

  /** Sends headers alone. */
  end(status: number, headers: OutgoingHttpHeaders): void {
    this.head(status, headers);
    this.response.end();
  }

  private head(status: number, headers: OutgoingHttpHeaders): void {
    const { hijack, getHeaders } = this.hostResponse as HostResponse;
    hijack?.call(this.hostResponse);
    this.response.writeHead(status, {
      ...(hijack ? getHeaders?.call(this.hostResponse) : {}),
      ...headers,
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
  }

  private send(stream: Readable): void {
    const reset = () => this.reset();
    stream.once('error', reset);
    // In these two cases Node would close the connection cleanly: the client closed its half, or the server's timeout fired.
    const socket = this.isHttp2 ? null : this.response.socket;
    socket?.prependOnceListener('end', reset);
    this.response.once('timeout', reset);
    this.response.once('error', () => stream.destroy());
    this.response.once('close', () => {
      socket?.off('end', reset);
      stream.destroy();
    });
    // The backup failed, while the connection may only be waiting for its last bytes.
    watchForIdleness(stream, this.response, this.idleTimeout, () => {
      stream.destroy(idle(this.idleTimeout));
      this.reset();
    });
    stream.pipe(this.response);
  }

  private get isHttp2(): boolean {
    return 'stream' in this.response;
  }

  /**
   * Resets the TCP connection: a proxy that speaks HTTP/1.0 to us takes a plain close for the end. Without a TCP handle (TLS,
   * UNIX sockets, HTTP/2) the connection or stream is destroyed.
   */
  private reset(): void {
    const { socket } = this.response;
    if (socket && !this.isHttp2) {
      try {
        socket.resetAndDestroy();
        return;
      } catch {
        // Not a TCP handle.
      }
    }
    this.response.destroy();
  }
}

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
