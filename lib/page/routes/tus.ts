import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/*
 * What the tus protocol, version 1.0.0 (https://tus.io/protocols/resumable-upload), wants of requests and answers, with its
 * extensions `expiration` and `termination`. An upload is created with JSON and the backup key instead of `creation`.
 */
export const TUS_VERSION = '1.0.0';
export const TUS_EXTENSIONS = 'expiration,termination';
/** The media type of a piece. */
export const PIECE_TYPE = 'application/offset+octet-stream';

type Headers = Readonly<Record<string, string | undefined>>;

export interface TusRequest {
  readonly headers: Headers;
  /** Node's own request; Express passes it itself. */
  readonly raw?: IncomingMessage;
  /** What a parser of the application has made of the body. */
  readonly body?: unknown;
}

export function isTus({ headers }: TusRequest): boolean {
  return headers['tus-resumable'] === TUS_VERSION;
}

export function isPiece({ headers }: TusRequest): boolean {
  const type = headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase();
  return type === PIECE_TYPE && (headers['content-encoding'] ?? 'identity') === 'identity';
}

/** Undefined when it is no offset. */
export function offsetIn({ headers }: TusRequest): number | undefined {
  const text = headers['upload-offset'] ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The bytes of a piece, also where a parser has collected them; undefined when it has made something else of them. */
export function pieceIn(request: TusRequest): Readable | undefined {
  const { body, raw = request as unknown as IncomingMessage } = request;
  if (Buffer.isBuffer(body)) return Readable.from([body]);
  return raw.readableDidRead ? undefined : raw;
}
