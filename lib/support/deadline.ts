/** Of the option `remoteTimeout`. */
export const DEFAULT_REMOTE_TIMEOUT_MS = 120_000;

/**
 * Waits for something so many milliseconds at most. What takes longer goes on, and nobody hears of it any more.
 * @throws what `late` makes; the reason of the signal, as soon as it is aborted
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

/** How long what is aborted may take to end in good order before nobody waits for it any more, in milliseconds. */
export const ABORT_GRACE_MS = 500;

/**
 * Waits for something until the signal is aborted, and then for a moment more.
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

/** @param begin what may reject first; gives back what ends it, which is called when the promise has settled */
function unlessRejected<Value>(
  promise: PromiseLike<Value>,
  begin: (reject: (reason: Error) => void) => () => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const end = begin(reject);
    promise.then(resolve, reject).then(end, end);
  });
}

/** Also of a signal that is aborted already. @returns what ends it */
function follow(signal: AbortSignal | undefined, onAbort: (reason: Error) => void): () => void {
  const abort = () => onAbort(signal!.reason as Error);
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return () => signal?.removeEventListener('abort', abort);
}
