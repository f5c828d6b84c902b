/** Of the option `remoteTimeout`. */
export const DEFAULT_REMOTE_TIMEOUT_MS = 120_000;

/**
 * Waits for a promise, for a limited number of milliseconds. If it takes longer it continues, and its outcome is ignored.
 * @throws what `late` returns; the reason of the signal, as soon as it is aborted
 */
export function withDeadline<Value>(
  milliseconds: number,
  promise: PromiseLike<Value>,
  late: () => Error,
  signal?: AbortSignal,
): Promise<Value> {
  return unlessRejected(promise, (reject) => {
    const timer = setTimeout(() => reject(late()), milliseconds);
    const unfollow = follow(signal, (reason) => {
      // The promise may never settle.
      clearTimeout(timer);
      reject(reason);
    });
    return () => {
      clearTimeout(timer);
      unfollow();
    };
  });
}

/** How long aborted work may take to end cleanly before it is no longer awaited, in milliseconds. */
export const ABORT_GRACE_MS = 500;

/**
 * Waits for a promise until the signal is aborted, and then a little longer.
 * @param grace in milliseconds
 * @throws the reason of the signal
 */
export function untilAborted<Value>(
  signal: AbortSignal | undefined,
  promise: PromiseLike<Value>,
  grace = ABORT_GRACE_MS,
): Promise<Value> {
  return unlessRejected(promise, (reject) => {
    let timer: NodeJS.Timeout | undefined;
    const unfollow = follow(signal, (reason) => {
      timer = setTimeout(() => reject(reason), grace);
    });
    return () => {
      clearTimeout(timer);
      unfollow();
    };
  });
}

/** @param begin starts what may reject first, and returns a function that stops it, called when the promise has settled */
function unlessRejected<Value>(
  promise: PromiseLike<Value>,
  begin: (reject: (reason: Error) => void) => () => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const end = begin(reject);
    promise.then(resolve, reject).then(end, end);
  });
}

/** Also for a signal that is already aborted. @returns a function that removes the listener */
function follow(signal: AbortSignal | undefined, onAbort: (reason: Error) => void): () => void {
  const abort = () => onAbort(signal!.reason as Error);
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return () => signal?.removeEventListener('abort', abort);
}
