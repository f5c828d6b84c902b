import { readBlocks } from '../../../lib/database/dialects/postgres/read-blocks.js';

/** The same megabytes again and again, which take no memory. */
async function* chunks(count: number, chunk: Buffer, last: Buffer): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < count; sent++) yield chunk;
  yield last;
}

describe('blocks of lines from chunks that end anywhere', () => {
  it('hold whole lines, and count them', async () => {
    const blocks = [];
    for await (const block of readBlocks(chunks(3, Buffer.from('ab\ncd'), Buffer.from('e\n')))) blocks.push(block);
    expect(blocks.map(({ bytes, rows }) => [bytes.toString(), rows])).toEqual([['ab\ncdab\ncdab\ncde\n', 4]]);
  });

  it('are refused when a line is longer than a restore can read', async () => {
    const reading = readBlocks(chunks(600, Buffer.alloc(1_000_000, 'x'), Buffer.from('\n')))[Symbol.asyncIterator]();
    await expect(reading.next()).rejects.toThrow(/row takes more than 53\d{7} bytes/);
  });

  it('are refused when they are no UTF-8', async () => {
    const reading = readBlocks(chunks(1, Buffer.from('{"a":"'), Buffer.from([0xff, 0x0a])))[Symbol.asyncIterator]();
    await expect(reading.next()).rejects.toThrow(/no UTF-8/);
  });
});
