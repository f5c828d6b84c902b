import { Identities } from '../../../lib/crypto/age/identities.js';
import { openEncrypted } from '../../../lib/crypto/decrypted-source.js';
import { SegmentEncryptor } from '../../../lib/crypto/segment-cipher.js';
import { type KeyPair, keyPair } from '../../fixtures/age.js';
import { AES_KEY } from '../../fixtures/secrets.js';
import { through } from '../../fixtures/streams.js';
import { encryptTo } from '../crypto/age/support.js';
import { sourceOf } from './support/made-archive.js';

const KEY = Buffer.from(AES_KEY, 'hex');
const PLAIN = Buffer.from('PK\x03\x04 as an archive begins, and then more than a header has');

describe('Of a key and identities, an archive is opened', () => {
  let alice: KeyPair;
  let kinds: Record<'plain' | 'aes' | 'age', Buffer>;
  beforeAll(async () => {
    alice = await keyPair();
    kinds = {
      plain: PLAIN,
      aes: (await through(new SegmentEncryptor(KEY), PLAIN)).output,
      age: await encryptTo([alice.recipient], PLAIN),
    };
  });
  const identities = () => Identities.parse(alice.file);
  const opened = async (bytes: Buffer, keys: Parameters<typeof openEncrypted>[1]) => {
    const source = await openEncrypted(sourceOf(bytes), keys);
    return source.read(0, source.size);
  };
  const refusal = (text: RegExp) => ({ code: 'DECRYPTION_FAILED', message: expect.stringMatching(text) });

  it('with the one that fits', async () => {
    const both = () => ({ key: KEY, identities: identities() });
    expect(await opened(kinds.aes, both())).toEqual(PLAIN);
    expect(await opened(kinds.age, both())).toEqual(PLAIN);
    expect(await opened(kinds.aes, { identities: identities(), ownKey: async () => KEY })).toEqual(PLAIN);
    expect(await opened(kinds.age, { identities: identities(), ownKey: () => Promise.reject(new Error()) })).toEqual(
      PLAIN,
    );
  });

  it('as it is when nothing is given, and refused when it should be encrypted and is not', async () => {
    expect(await opened(kinds.plain, { ownKey: async () => KEY })).toEqual(PLAIN);
    expect(await opened(kinds.age, {})).toEqual(kinds.age);
    await expect(opened(kinds.plain, { identities: identities() })).rejects.toMatchObject(
      refusal(/unencrypted ZIP.*Omit/),
    );
    await expect(opened(kinds.plain, { key: KEY, identities: identities() })).rejects.toMatchObject(
      refusal(/unencrypted ZIP/),
    );
    await expect(opened(kinds.age, { key: KEY })).rejects.toMatchObject(refusal(/encrypted to recipients.*--identity/));
  });
});
