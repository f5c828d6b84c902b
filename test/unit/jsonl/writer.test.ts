import { appendQuoted, ByteBuilder } from '../../../lib/jsonl/writer.js';
import { type Chance, sampled } from '../../fixtures/streams.js';

const PIECES = [
  'plain words ',
  'ä',
  '日本',
  '😀',
  '"',
  '\\',
  '\n',
  '\0',
  '\u001f',
  '\u007f',
  '\u2028',
  'x'.repeat(100),
];

const text = (chance: Chance) =>
  Array.from({ length: chance.between(0, 40) }, () => PIECES[chance.between(0, PIECES.length - 1)]).join('');

describe('Bytes of a line', () => {
  it('quote a text as JSON.stringify does', () =>
    sampled(300, async (chance) => {
      const written = text(chance);
      const builder = new ByteBuilder(8);
      appendQuoted(builder, Buffer.from(written));
      expect(builder.filled.toString()).toBe(JSON.stringify(written));
    }));

  it('quote an escape wherever it is in a long text', () => {
    for (let at = 0; at < 400; at++) {
      for (const odd of ['"', '\\', '\n', '\u001f"\\\0']) {
        const written = `${'x'.repeat(at)}${odd}${'ü'.repeat(200)}`;
        const builder = new ByteBuilder(8);
        appendQuoted(builder, Buffer.from(written));
        expect(builder.filled.toString()).toBe(JSON.stringify(written));
      }
    }
  });

  it('grow, and keep what is there', () =>
    sampled(50, async (chance) => {
      const pieces = Array.from({ length: 50 }, () => text(chance));
      const builder = new ByteBuilder(8);
      for (const piece of pieces) {
        if (chance.between(0, 1) === 1) builder.appendText(piece);
        else builder.append(Buffer.from(piece));
      }
      expect(builder.filled.toString()).toBe(pieces.join(''));
    }));
});
