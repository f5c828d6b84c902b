import { appendQuoted, ByteBuilder } from '../../../lib/jsonl/writer.js';
import { oddText } from '../../fixtures/odd-texts.js';
import { sampled } from '../../fixtures/streams.js';

describe('Bytes of a line', () => {
  it('quote a text as JSON.stringify does', () =>
    sampled(300, async (chance) => {
      const written = oddText(chance, 40);
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
      const pieces = Array.from({ length: 50 }, () => oddText(chance, 40));
      const builder = new ByteBuilder(8);
      for (const piece of pieces) {
        if (chance.between(0, 1) === 1) builder.appendText(piece);
        else builder.append(Buffer.from(piece));
      }
      expect(builder.filled.toString()).toBe(pieces.join(''));
    }));
});
