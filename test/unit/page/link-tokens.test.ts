import { randomBytes } from 'node:crypto';
import { LinkTokens } from '../../../lib/page/link-tokens.js';

const link = {
  destination: 'vault',
  archive: 'backup-20260504T030201Z-a.zip',
  user: 'ops',
  expiresAt: 1_800_000_000_000,
};

describe('A download link', () => {
  const key = randomBytes(32);
  const tokens = new LinkTokens(key);

  it('is read by every process with the same backup key', () => {
    const read = new LinkTokens(Buffer.from(key)).read(tokens.sign(link))!;
    expect(read.expiresAt).toBe(link.expiresAt);
    for (const what of ['destination', 'archive', 'user'] as const) {
      expect(read.is(what, link[what])).toBe(true);
      for (const other of ['', 'null', null, `${link[what]} `]) expect(read.is(what, other)).toBe(false);
    }
    const nobody = tokens.read(tokens.sign({ ...link, user: null }))!;
    expect([nobody.is('user', null), nobody.is('user', 'null')]).toEqual([true, false]);
  });

  it('fits into a path as it is', () => {
    const long = { ...link, destination: 'ä/../%2f?#'.repeat(50) };
    for (const one of [link, long]) expect(tokens.sign(one)).toMatch(/^[\w-]{72}$/);
  });

  it('is refused with any bit changed, cut or longer', () => {
    const token = tokens.sign(link);
    const bytes = Buffer.from(token, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(tokens.read(changed.toString('base64url'))).toBeUndefined();
    }
    for (let length = 0; length < token.length; length++) expect(tokens.read(token.slice(0, length))).toBeUndefined();
    for (const more of ['A', '=', '.', ' ', '\n']) expect(tokens.read(token + more)).toBeUndefined();
  });

  it('is refused under another backup key', () => {
    expect(new LinkTokens(randomBytes(32)).read(tokens.sign(link))).toBeUndefined();
  });

  it.each(['', 'a', '..', '%00', 'A'.repeat(100_000)])('is not any text', (text) => {
    expect(tokens.read(text)).toBeUndefined();
  });
});
