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
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), milliseconds);
    const abort = () => reject(signal!.reason as Error);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    const over = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    promise.then(resolve, reject).then(over, over);
    // The promise may never settle.
    if (signal?.aborted) over();
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
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const abort = () => {
      timer = setTimeout(() => reject(signal!.reason as Error), grace);
    };
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
    const over = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    promise.then(resolve, reject).then(over, over);
  });
}
