import { inspect } from 'node:util';
import { Identities } from '../../../../lib/crypto/age/identities.js';
import { Recipients } from '../../../../lib/crypto/age/recipients.js';
import { type KeyPair, keyPair, protectedFile } from '../../../fixtures/age.js';

describe('An identity file', () => {
  let alice: KeyPair;
  let bob: KeyPair;
  let header: Buffer;
  let fileKey: Buffer;
  beforeAll(async () => {
    [alice, bob] = [await keyPair(), await keyPair('hybrid')];
    ({ header, fileKey } = await (await Recipients.parse([alice.recipient])).wrap());
  });
  const opens = async (identities: Identities) => expect((await identities.unwrap(header)).equals(fileKey)).toBe(true);

  it('opens, with comments, blank lines, other identities, and the line ends of Windows', async () => {
    for (const file of [
      alice.identity,
      alice.file,
      bob.file + alice.file,
      `\uFEFF\r\n${alice.file.replaceAll('\n', '\r\n')}`,
    ]) {
      await opens(Identities.parse(file));
      await opens(Identities.parse(Buffer.from(file)));
    }
  });

  it('opens behind a passphrase, armored or not, which is asked for once and when it is needed', async () => {
    const { armored, binary } = await protectedFile(bob.file + alice.file, 'a horse and a battery');
    let asked = 0;
    const ask = async () => {
      asked++;
      return 'a horse and a battery';
    };
    for (const file of [armored, `\n${armored}`, binary]) {
      asked = 0;
      const identities = Identities.parse(file, ask);
      expect(asked).toBe(0);
      await opens(identities);
      await opens(identities);
      expect(asked).toBe(1);
    }
    await opens(Identities.parse(armored, 'a horse and a battery'));
  });

  it('is refused with a wrong passphrase, or without one', async () => {
    const { armored } = await protectedFile(alice.file, 'a horse and a battery');
    const refusal = (text: string) => ({ code: 'INVALID_IDENTITY', message: expect.stringContaining(text) });
    await expect(Identities.parse(armored, 'wrong').unwrap(header)).rejects.toMatchObject(
      refusal('passphrase is wrong'),
    );
    const damaged = armored
      .replace(/^.{10}/m, '-----BEGIN')
      .replace(/\n(.)/, (_, first) => `\n${first === 'Y' ? 'Z' : 'Y'}`);
    await expect(Identities.parse(damaged, 'a horse and a battery').unwrap(header)).rejects.toMatchObject(
      refusal('the file is damaged'),
    );
    expect(() => Identities.parse(armored)).toThrow(expect.objectContaining(refusal('none was given')));
  });

  it.each<[string, (pair: KeyPair) => string, RegExp]>([
    ['a recipient', ({ recipient }) => recipient, /line 1: this is a recipient/],
    ['nothing', () => '# only a comment\n', /holds no identity/],
    ['a misspelled identity', ({ identity }) => `#\n${identity.slice(0, -1)}`, /line 2: this identity is misspelled/],
    ['an identity of a plugin', () => 'AGE-PLUGIN-YUBIKEY-1QQPQQ', /line 1: .*plugins/],
    ['an SSH key', () => '-----BEGIN OPENSSH PRIVATE KEY-----', /line 1: this is not an age identity/],
  ])('is refused, by its line and without an echo, when it holds %s', (_what, of, problem) => {
    const parsing = () => Identities.parse(of(alice));
    expect(parsing).toThrow(
      expect.objectContaining({ code: 'INVALID_IDENTITY', message: expect.stringMatching(problem) }),
    );
    expect(parsing).not.toThrow(alice.identity.slice(16, 40));
  });

  it('does not show what it holds', () => {
    const shown = inspect(Identities.parse(alice.file), { depth: 10, showHidden: true });
    expect(shown).not.toContain(alice.identity.slice(20));
    expect(JSON.stringify(Identities.parse(alice.file))).toBe('{}');
  });
});
