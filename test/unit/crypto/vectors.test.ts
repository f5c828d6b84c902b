import { SegmentDecryptor, SegmentEncryptor } from '../../../lib/crypto/segment-cipher.js';
import { deriveKey } from '../../../lib/crypto/segment-format.js';
import { cut, through } from '../../fixtures/streams.js';
import { HEADER, KEY, RANDOM, SALT } from './reference.js';

const hello = Buffer.from('hello backup');

/** encryption-format.md, section 2. Never to be changed: archives in this format exist. */
const vectors = [
  { name: 'an empty archive', plain: Buffer.alloc(0), sealed: '55123c5f1b552fdb9f49d5c49950cb55' },
  { name: 'a short text', plain: hello, sealed: '4e773e9c993c3f58106d3a713c8bc36905e9b96355cc8b103fe480cd' },
  {
    name: 'a short text with associated data',
    plain: hello,
    parameters: { associatedData: Buffer.from('backup-v1') },
    sealed: '4902ffc8366b3b30d706e553fb66610e6ab140c623e2add76d5d7109',
  },
  {
    name: 'a first segment of 96 bytes that is exactly full',
    plain: Buffer.from(Array.from({ length: 40 }, (_, index) => index)),
    parameters: { segmentBytes: 96 },
    sealed:
      '261350f3f2195b3e7b0f450a14ff677d7f543a8b1c47c53990284f1a0475a995' +
      'f6b7caeeb39d56a0a8000278baea760cbd7147cb8808584c',
  },
];

describe.each(vectors)('The frozen vector of $name', ({ plain, parameters, sealed }) => {
  const stream = Buffer.concat([HEADER, Buffer.from(sealed, 'hex')]);

  it('is what the encryptor writes', async () => {
    const { output, error } = await through(new SegmentEncryptor(KEY, parameters, RANDOM), plain);
    expect(error).toBeUndefined();
    expect(output.toString('hex')).toBe(stream.toString('hex'));
  });

  it('is what the encryptor writes when it is fed byte by byte', async () => {
    const { output } = await through(new SegmentEncryptor(KEY, parameters, RANDOM), ...cut(plain, 1));
    expect(output.toString('hex')).toBe(stream.toString('hex'));
  });

  it('is read back', async () => {
    expect(await through(new SegmentDecryptor(KEY, parameters), stream)).toEqual({ output: plain });
  });

  it('is read back byte by byte', async () => {
    expect(await through(new SegmentDecryptor(KEY, parameters), ...cut(stream, 1))).toEqual({ output: plain });
  });
});

describe('The derived key', () => {
  it('is the one of the frozen vectors', () => {
    expect(deriveKey(KEY, SALT).toString('hex')).toBe(
      '217262a191ad46219a0225b428507b517351177e5e781d84bcbe0756737571db',
    );
  });

  it('depends on the associated data', () => {
    expect(deriveKey(KEY, SALT, Buffer.from('backup-v1')).toString('hex')).toBe(
      'e1e4eb42daf81ad7590e93ce5af969f17a14736cf9d5484686634260eb286085',
    );
  });
});
