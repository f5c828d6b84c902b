import { viewOf } from '../../../lib/jsonl/format.js';
import { Unescaper } from '../../../lib/jsonl/unescape.js';
import { sampled } from '../../fixtures/streams.js';

const PARTS = ['"', '\\', '\b', '\f', '\n', '\r', '\t', 'ä', '😀', 'x', 'words ', '/'];

const unescapeAll = (unescaper: Unescaper, texts: readonly string[]) => {
  const quoted = texts.map((text) => JSON.stringify(text));
  const bytes = Buffer.from(`.${quoted.join('')}`);
  unescaper.reset(bytes.length);
  let at = 1;
  const found = quoted.map((text) => {
    const start = at + 1;
    at += Buffer.byteLength(text);
    return unescaper.unescape(viewOf(bytes), start, at - 1);
  });
  return found.map((one) => Buffer.from(one).toString());
};

describe('Strings of JSON whose escapes are resolved as bytes', () => {
  it('are what parsing makes of them, at any place and beside each other', () =>
    sampled(2000, async (chance) => {
      const textOf = () => Array.from({ length: chance.between(0, 12) }, () => chance.of(PARTS)).join('');
      const texts = Array.from({ length: chance.between(1, 3) }, textOf);
      expect(unescapeAll(new Unescaper(), texts)).toEqual(texts);
    }));

  it('may have a slash with a backslash before it', () => {
    const bytes = Buffer.from('a\\/b');
    const unescaper = new Unescaper();
    unescaper.reset(bytes.length);
    expect(Buffer.from(unescaper.unescape(viewOf(bytes), 0, bytes.length)).toString()).toBe('a/b');
  });

  it('use the same memory again', () => {
    const unescaper = new Unescaper();
    for (const text of ['\n', 'long\n'.repeat(1000), '\t']) {
      expect(unescapeAll(unescaper, [text, text])).toEqual([text, text]);
    }
  });
});
