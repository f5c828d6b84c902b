import { Duplex, type Readable } from 'node:stream';

/**
 * Detects a `put` that makes no progress: its stream is not read at all for too long, or it does not finish for too
 * long after the end of its stream. In between, whatever writes to the stream watches that it is read; for other
 * streams this watch sees that too.
 * @param timeout in milliseconds
 * @returns a function that ends the watch
 */
export function watchPut(content: Readable, timeout: number, onSilence: () => void): () => void {
  let seen = '';
  let timer: NodeJS.Timeout | undefined;
  const restart = () => {
    clearTimeout(timer);
    timer = setTimeout(look, timeout);
  };
  const look = () => {
    const now = stateOf(content);
    if (now === seen && !isBeingFilled(content)) return onSilence();
    seen = now;
    restart();
  };
  const again = () => {
    seen = stateOf(content);
    restart();
  };
  again();
  content.once('end', again).once('close', again);
  return () => {
    clearTimeout(timer);
    content.off('end', again).off('close', again);
  };
}

function stateOf({ readableLength, readableFlowing, readableDidRead, readableEnded, destroyed }: Readable): string {
  return [readableLength, readableFlowing, readableDidRead, readableEnded, destroyed].join();
}

/** Read as fast as it is written to, and not yet at its end. */
function isBeingFilled(content: Readable): boolean {
  if (!(content instanceof Duplex) || content.readableEnded || content.destroyed) return false;
  const isRead = content.readableFlowing !== null || content.listenerCount('readable') > 0;
  return isRead || content.readableLength === 0;
}
