import { identityIn } from '../../../page/src/restore/identity.js';
import { keyPair } from '../../fixtures/age.js';

describe('What is typed as an identity', () => {
  it('is found in a key file, with its lines or in one line, as a field pastes it', async () => {
    const [x25519, hybrid] = [await keyPair(), await keyPair('hybrid')];
    const both = `${x25519.identity}\n${hybrid.identity}`;
    for (const file of [x25519.file + hybrid.file, both]) {
      expect(identityIn(file)).toBe(both);
      expect(identityIn(file.replaceAll('\n', ''))).toBe(both);
    }
    expect(identityIn(` ${hybrid.identity} `)).toBe(hybrid.identity);
  });

  it('is nothing without one', async () => {
    const { recipient } = await keyPair();
    for (const text of ['', ' ', recipient, 'AGE-SECRET-KEY-']) expect(identityIn(text)).toBeUndefined();
  });
});
