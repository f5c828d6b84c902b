import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for something so many milliseconds at most; what takes longer goes on unheard. @throws what `late` makes */
export async function within<Value>(milliseconds: number, promise: Promise<Value>, late: () => Error): Promise<Value> {
  const stop = new AbortController();
  const timer = sleep(milliseconds, undefined, { signal: stop.signal }).then(() => Promise.reject(late()));
  try {
    return await Promise.race([promise, timer]);
  } finally {
    timer.catch(() => {});
    stop.abort();
  }
}
