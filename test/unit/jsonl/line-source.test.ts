import { type BlockErrors, lineBlocks, splitBlock } from '../../../lib/jsonl/line-source.js';

const LIMIT = 1_000_000;
const errors: BlockErrors = {
  tooLong: () => new Error('too long'),
  notUtf8: () => new Error('not UTF-8'),
  cutOff: () => new Error('cut off'),
};

/** The same bytes again and again, which take no memory. */
async function* chunks(count: number, chunk: string, last: string | Buffer): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(chunk);
  for (let sent = 0; sent < count; sent++) yield bytes;
  yield Buffer.from(last);
}

async function read(from: AsyncIterable<Buffer>): Promise<Array<[text: string, count: number]>> {
  const blocks: Array<[string, number]> = [];
  for await (const { bytes, count } of lineBlocks(from, LIMIT, errors)) blocks.push([bytes.toString(), count]);
  return blocks;
}

describe('blocks of lines from chunks that end anywhere', () => {
  it('hold whole lines, and count them', async () => {
    expect(await read(chunks(3, 'ab\ncd', 'e\n'))).toEqual([['ab\ncdab\ncdab\ncde\n', 4]]);
    expect(await read(chunks(0, '', ''))).toEqual([]);
  });

  it('are given out before the end, when they are large enough', async () => {
    const line = `${'x'.repeat(99_999)}\n`;
    expect(await read(chunks(5, line, 'y\n'))).toEqual([
      [line.repeat(3), 3],
      [`${line.repeat(2)}y\n`, 3],
    ]);
  });

  it('hold a line up to the limit, and none that is longer by a block', async () => {
    const [[text] = []] = await read(chunks(9, 'x'.repeat(LIMIT / 10), '\n'));
    expect(text).toHaveLength((LIMIT / 10) * 9 + 1);
    await expect(read(chunks(20, 'x'.repeat(LIMIT / 10), '\n'))).rejects.toThrow('too long');
  });

  it('are refused when they are no UTF-8, or the last line has no end', async () => {
    await expect(read(chunks(1, '{"a":"', Buffer.from([0xff, 0x0a])))).rejects.toThrow('not UTF-8');
    await expect(read(chunks(1, 'ab\n', 'cd'))).rejects.toThrow('cut off');
  });

  it('can be divided behind any line', () => {
    const block = { bytes: Buffer.from('ab\nc\n\n'), count: 3 };
    const parts = (lines: number) => splitBlock(block, lines).map(({ bytes, count }) => [bytes.toString(), count]);
    expect(parts(1)).toEqual([
      ['ab\n', 1],
      ['c\n\n', 2],
    ]);
    expect(parts(2)).toEqual([
      ['ab\nc\n', 2],
      ['\n', 1],
    ]);
    for (const lines of [3, 9]) {
      expect(parts(lines)).toEqual([
        ['ab\nc\n\n', 3],
        ['', 0],
      ]);
    }
  });
});
