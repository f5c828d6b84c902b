import { headerLength } from '../../../../lib/crypto/age/age-format.js';
import { Identities } from '../../../../lib/crypto/age/identities.js';
import type { KeyService } from '../../../../lib/crypto/age/recipient.js';
import { Recipients, recipientProblem } from '../../../../lib/crypto/age/recipients.js';
import { type KeyPair, keyPair } from '../../../fixtures/age.js';

/** Well-formed, and no key: the point zero. */
const ZERO = 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z';

/** A key service that wraps into so many bytes. */
const service = (id: string, bytes: number): KeyService => ({
  id,
  wrap: async (fileKey) => Buffer.concat([fileKey, Buffer.alloc(bytes - fileKey.length)]),
  unwrap: async (wrapped) => wrapped.slice(0, 16),
});

describe('A header', () => {
  it('is made only where the reader accepts it, however long what key services have wrapped', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => service(`s${index}`, 60_000));
    const three = await Recipients.parse(many(3));
    const { header, fileKey } = await three.wrap();
    expect(headerLength(header)).toBe(header.length);
    expect(await Identities.of(many(1), 1000).unwrap(header)).toEqual(fileKey);
    const four = await Recipients.parse(many(4));
    const tooLong = { code: 'ARCHIVE_FAILED', message: expect.stringMatching(/header .* 262144 .*/) };
    await expect(four.wrap()).rejects.toMatchObject(tooLong);
    await expect(four.wrapAgain(fileKey)).rejects.toMatchObject(tooLong);
  });
});

describe('A recipient', () => {
  let classic: KeyPair;
  let hybrid: KeyPair;
  beforeAll(async () => {
    [classic, hybrid] = [await keyPair(), await keyPair('hybrid')];
  });

  it('is taken when it is of X25519 or hybrid', () => {
    expect(recipientProblem(classic.recipient)).toBeUndefined();
    expect(recipientProblem(hybrid.recipient)).toBeUndefined();
  });

  it.each<[string, (pair: KeyPair) => unknown, RegExp]>([
    ['an identity', ({ identity }) => identity, /it is an identity, which must stay secret.*age-keygen -y/],
    ['an identity in lower case', ({ identity }) => identity.toLowerCase(), /it is an identity/],
    ['a whole identity file', ({ file }) => file, /it is an identity/],
    ['the identity of a plugin', () => 'AGE-PLUGIN-YUBIKEY-1QQPQQ', /it is an identity/],
    ['misspelled', ({ recipient }) => recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q')), /misspelled/],
    ['cut off', ({ recipient }) => recipient.slice(0, -1), /misspelled or cut off/],
    ['in upper case', ({ recipient }) => recipient.toUpperCase(), /not an age recipient/],
    ['with a space', ({ recipient }) => ` ${recipient}`, /not an age recipient/],
    ['two in one', ({ recipient }) => `${recipient},${recipient}`, /not an age recipient/],
    ['an SSH key', () => 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA', /SSH keys are not supported/],
    ['empty', () => '', /empty/],
    ['undefined, as a variable that is not set', () => undefined, /not a string/],
    ['a number', () => 1, /not a string/],
  ])('is refused, without an echo, when it is %s', (_what, of, problem) => {
    for (const pair of [classic, hybrid]) {
      const found = recipientProblem(of(pair))!;
      expect(found).toMatch(problem);
      expect(found.toUpperCase()).not.toContain(pair.identity.slice(20, 40));
    }
  });

  it.each([
    ['of another kind', 'age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t'],
    ['a Bech32 text of something else', 'age1tag1qqqq'],
  ])('is refused when it is %s', (_what, text) => {
    expect(recipientProblem(text)).toMatch(/not supported|misspelled/);
  });

  it('is refused by its place in the list, and the list when it is none', async () => {
    const parse = (texts: unknown) => Recipients.parse(texts as string[]);
    const code = 'INVALID_RECIPIENT';
    const second = [classic.recipient, classic.identity];
    await expect(parse(second)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/^Recipient 2 of 2 cannot/),
    });
    for (const none of [[], Array(21).fill(classic.recipient), classic.recipient, undefined]) {
      await expect(parse(none)).rejects.toMatchObject({ code, message: expect.stringContaining('1 to 20 recipients') });
    }
  });

  it('is tried out: what is well-formed and no public key is refused before anything is encrypted to it', async () => {
    expect(recipientProblem(ZERO)).toBeUndefined();
    const message = expect.stringMatching(/^Recipient 2 of 2 cannot be used: it is not a public key/);
    await expect(Recipients.parse([classic.recipient, ZERO])).rejects.toMatchObject({
      code: 'INVALID_RECIPIENT',
      message,
    });
  });
});
