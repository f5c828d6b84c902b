import { hasCode } from '../staging-errors.js';
import type { FileContent, FileStore } from './file-store.js';
import { wholeContent } from './open-objects.js';

/** Whether two files hold the same bytes; false when the other one no longer exists. */
export async function hasSameContent(store: FileStore, one: string, other: string): Promise<boolean> {
  const opened: FileContent[] = [];
  try {
    for (const path of [one, other]) opened.push(await store.open(path));
    const [left, right] = opened as [FileContent, FileContent];
    return left.size === right.size && (await giveSame(wholeContent(left), wholeContent(right)));
  } catch (error) {
    if (opened.length === 1 && hasCode(error, 'ENOENT')) return false;
    throw error;
  } finally {
    for (const { content } of opened) content.destroy();
  }
}

async function giveSame(ones: AsyncIterable<Buffer>, others: AsyncIterator<Buffer>): Promise<boolean> {
  let ahead: Buffer = Buffer.alloc(0);
  for await (const chunk of ones) {
    while (ahead.length < chunk.length) {
      const next = await others.next();
      if (next.done) return false;
      ahead = Buffer.concat([ahead, next.value]);
    }
    if (!chunk.equals(ahead.subarray(0, chunk.length))) return false;
    ahead = ahead.subarray(chunk.length);
  }
  return true;
}
