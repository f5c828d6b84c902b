import { isUtf8 } from 'node:buffer';
import { LONGEST_LINE_BYTES } from '../../longest-line.js';
import { type LineBlock, LINE_BLOCK_BYTES } from '../table-reader.js';

const LINE_FEED = 0x0a;

/**
 * Cuts the chunks of a COPY, which end anywhere, into blocks of whole lines.
 * @throws Error for what no restore could read: a line that is too long, or bytes that are no UTF-8
 */
export async function* readBlocks(chunks: AsyncIterable<Buffer>): AsyncGenerator<LineBlock> {
  let pending: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end === 0 || size + end < LINE_BLOCK_BYTES) {
      pending.push(chunk);
      size += chunk.length;
      if (size > LONGEST_LINE_BYTES) throw new Error(`A row takes more than ${LONGEST_LINE_BYTES} bytes as a line.`);
      continue;
    }
    yield toBlock([...pending, chunk.subarray(0, end)]);
    pending = end < chunk.length ? [chunk.subarray(end)] : [];
    size = chunk.length - end;
  }
  if (size > 0) yield toBlock(pending);
}

function toBlock(pieces: readonly Buffer[]): LineBlock {
  const bytes = Buffer.concat(pieces);
  // The server hands out the text of a database in SQL_ASCII as it is.
  if (!isUtf8(bytes)) throw new Error('A text is no UTF-8, as it may be in a database in SQL_ASCII.');
  let rows = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) rows++;
  return { bytes, rows };
}
