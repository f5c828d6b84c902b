/** How often it looks during the time, at least; and the longest interval, in milliseconds. */
const LOOKS = 10;
const MOST_BETWEEN = 10_000;

/**
 * Calls `onIdle` once, after every look for some time has found the other side idle. Looks are counted, not time: when
 * this process or its machine has stood still, nobody else could do anything either, and that counts as one look.
 * @param timeout in milliseconds
 * @returns what ends it
 */
export function whenIdle(timeout: number, isIdle: () => boolean, onIdle: () => void): () => void {
  const interval = Math.min(timeout / LOOKS, MOST_BETWEEN);
  const enough = Math.ceil(timeout / interval);
  let looks = 0;
  const end = () => clearInterval(timer);
  const timer = setInterval(() => {
    looks = isIdle() ? looks + 1 : 0;
    if (looks < enough) return;
    end();
    onIdle();
  }, interval);
  timer.unref();
  return end;
}
