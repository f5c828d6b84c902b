import type { ErrorAnswer, ErrorText } from '../../../lib/page/page-api.js';

/** An answer that is no success, or none at all. */
export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    readonly code: string,
    message: string,
    /** Seconds after which it may be tried again; null when the answer says nothing. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }

  /** From the body of an error, which a proxy may have replaced by its own. */
  static of(status: number, body: unknown, retryAfter: string | null): ApiError {
    const { code, message } = Object(body) as Partial<ErrorAnswer>;
    const text = typeof message === 'string' ? message : Array.isArray(message) ? message.join('\n') : null;
    const seconds = retryAfter !== null && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null;
    return new ApiError(
      status,
      typeof code === 'string' ? code : `HTTP_${status}`,
      text ?? `The server answered with status ${status}.`,
      seconds,
    );
  }

  /** Nothing came back: the server is not reachable, or the connection broke. */
  static unreachable(): ApiError {
    return new ApiError(0, 'UNREACHABLE', 'The server does not answer.');
  }
}

/** What an unexpected value that was thrown looks like to readers. */
export function errorTextOf(error: unknown): ErrorText | { readonly code: string; readonly message: string } {
  if (error instanceof ApiError) return { code: error.code, message: error.message };
  return { code: 'UNEXPECTED', message: error instanceof Error ? error.message : String(error) };
}

/** Whether somebody who is not let in sees it: nothing else will work either until they log in. */
export function isRefused(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  return error.status === 401 || error.code === 'NOT_SYSTEM_USER' || error.code === 'NOT_FOUND';
}
