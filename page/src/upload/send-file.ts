import { DetailedError, Upload } from 'tus-js-client';
import type { UploadAnswer } from '../../../lib/page/page-api.js';
import { ApiError } from '../api/api-error.js';

interface Sending {
  /** Called as bytes arrive, with their number. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** After which times an interrupted connection is tried again, in ms; from the beginning after each piece that arrives. */
const RETRIES = [0, 1_000, 3_000, 5_000, 10_000, 20_000, 30_000, 60_000];

/**
 * Sends what is missing of a file, from where the server says that it is. Nothing is kept in the browser.
 * @throws ApiError; the reason of the signal
 */
export function sendFile(file: File, upload: UploadAnswer, { onBytes, signal }: Sending): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = new Upload(file, {
      uploadUrl: new URL(upload.url, location.origin).href,
      chunkSize: upload.pieceBytes,
      retryDelays: RETRIES,
      storeFingerprintForResuming: false,
      onProgress: (sent) => onBytes(sent),
      onSuccess: () => resolve(),
      onError: (error) => reject(apiErrorOf(error)),
      onShouldRetry: (error) => mayPass(statusOf(error)),
    });
    const stop = () => {
      void sending.abort();
      reject(signal.reason as Error);
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    sending.start();
  });
}

/** No answer at all, a conflict about the offset, or an error of the server or of a proxy. */
function mayPass(status: number): boolean {
  return status === 0 || status === 409 || status === 429 || status >= 500;
}

function statusOf(error: Error | DetailedError): number {
  return error instanceof DetailedError ? (error.originalResponse?.getStatus() ?? 0) : 0;
}

function apiErrorOf(error: Error | DetailedError): Error {
  if (!(error instanceof DetailedError)) return error;
  const response = error.originalResponse;
  if (!response) return ApiError.unreachable();
  return ApiError.of(response.getStatus(), parsed(response.getBody()), response.getHeader('Retry-After') ?? null);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
