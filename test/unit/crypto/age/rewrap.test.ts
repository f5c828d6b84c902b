import { randomBytes } from 'node:crypto';
import { Identities } from '../../../../lib/crypto/age/identities.js';
import { Recipients, recipientId } from '../../../../lib/crypto/age/recipients.js';
import { rewrap } from '../../../../lib/crypto/age/rewrap.js';
import { type KeyPair, keyPair } from '../../../fixtures/age.js';
import { ageReaders, openedByEach, openWithEach } from '../../../fixtures/age-readers.js';
import { sourceOf } from '../../restore/support/made-archive.js';
import { decryptWith, encryptTo, expectSame, headerOf } from './support.js';

/** The same file with the header that re-wrapping gives it. */
async function rewrapped(file: Buffer, from: KeyPair, to: readonly KeyPair[]): Promise<Buffer> {
  const recipients = await Recipients.parse(to.map(({ recipient }) => recipient));
  const { header, instead } = await rewrap(sourceOf(file), Identities.parse(from.identity), recipients);
  return Buffer.concat([header, file.subarray(instead)]);
}

describe('Re-wrapping the file key of an age file', () => {
  const plain = randomBytes(200_000);
  let alice: KeyPair;
  let bob: KeyPair;
  let carol: KeyPair;
  let file: Buffer;
  beforeAll(async () => {
    [alice, bob, carol] = [await keyPair(), await keyPair(), await keyPair('hybrid')];
    file = await encryptTo([alice.recipient], plain);
  });

  it('lets the new recipients open it, and no others, with the payload byte for byte', async () => {
    const changed = await rewrapped(file, alice, [bob, carol]);
    expect(changed.subarray(headerOf(changed)).equals(file.subarray(headerOf(file)))).toBe(true);
    for (const { identity } of [bob, carol]) expectSame(await decryptWith(identity, changed), plain);
    expect((await decryptWith(alice.identity, changed)).error).toMatchObject({ code: 'DECRYPTION_FAILED' });
    expectSame(await decryptWith(alice.identity, await rewrapped(changed, carol, [alice])), plain);
    // The former file is as open as it was, since its key is the same.
    expectSame(await decryptWith(alice.identity, file), plain);
  });

  it('makes what every reader of age opens', async () => {
    const changed = await rewrapped(file, alice, [bob]);
    expect((await openedByEach(changed, bob)).equals(plain)).toBe(true);
    const refused = [...(await openWithEach(changed, alice))];
    expect(refused).toEqual(ageReaders().map((name) => [name, expect.any(String)]));
  });

  it('is refused with an identity that does not open it, and for a header that somebody has changed', async () => {
    await expect(rewrapped(file, bob, [carol])).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    const at = headerOf(file) - 10;
    const changed = Buffer.from(file);
    changed[at] = changed[at] === 65 ? 66 : 65;
    await expect(rewrapped(changed, alice, [bob])).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
    await expect(rewrapped(Buffer.from('PK'), alice, [bob])).rejects.toMatchObject({ code: 'DECRYPTION_FAILED' });
  });

  it('leaves the key that it was given alone, and names recipients by the beginning of a digest', async () => {
    const recipients = await Recipients.parse([alice.recipient, bob.recipient]);
    const key = randomBytes(16);
    const header = await recipients.wrapAgain(key);
    expect((await Identities.parse(bob.identity).unwrap(header)).equals(key)).toBe(true);
    expect((await recipients.wrap()).keyIds).toEqual([alice, bob].map(({ recipient }) => recipientId(recipient)));
    expect(recipientId('age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p')).toMatch(/^[0-9a-f]{16}$/);
  });
});
