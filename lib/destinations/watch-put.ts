import { Duplex, type Readable } from 'node:stream';

/**
 * Tells when a put does not go on: when nobody has begun to read its stream, or when it is not done, for too long after
 * the stream's end. Whoever writes to a stream in between watches that it is read; of others the watch sees that too.
 * @param timeout in milliseconds
 * @returns what ends the watch
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

/** Read as fast as it is written to, and its end has not come yet. */
function isBeingFilled(content: Readable): boolean {
  if (!(content instanceof Duplex) || content.readableEnded || content.destroyed) return false;
  const isRead = content.readableFlowing !== null || content.listenerCount('readable') > 0;
  return isRead || content.readableLength === 0;
}
