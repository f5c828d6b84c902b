import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { s3Bucket } from '../../../lib/s3/index.js';
import { MOST_PARTS, partBytes } from '../../../lib/s3/part-sizes.js';
import { elsewhere, S3Server, WRONG_CREDENTIALS } from '../../fixtures/s3-server.js';
import { describeDestination, objectsOf } from '../conformance.js';

const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;

let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start();
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

const anObject = () => Readable.from([Buffer.from('content')]);

describeDestination('a bucket of S3', () => s3Bucket(server.options()));
describeDestination('a prefix in a bucket, in small parts', () =>
  s3Bucket({ ...server.options(), prefix: 'shop/backups/', partBytes: 5 * MIB }),
);
if (elsewhere()) describeDestination('the bucket of TEST_S3', () => s3Bucket(elsewhere()!));

describe('A bucket of S3', () => {
  it.each([5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 17 * MIB])('takes %i bytes in parts of 5 MiB', async (size) => {
    const bytes = randomBytes(size);
    const bucket = s3Bucket({ ...server.options(), partBytes: 5 * MIB });
    await bucket.put('object', Readable.from([bytes.subarray(0, 1_000_000), bytes.subarray(1_000_000)]));
    const source = await bucket.open('object');
    expect((await source.read(0, source.size)).equals(bytes)).toBe(true);
    expect((await source.read(4 * MIB - 1, 2)).equals(bytes.subarray(4 * MIB - 1, 4 * MIB + 1))).toBe(true);
    await source.close();
    expect(server.openUploads()).toEqual([]);
  });

  it('has parts that grow, so that the largest object of S3 fits into as many as there may be', () => {
    const sizes = Array.from({ length: MOST_PARTS }, (_, index) => partBytes(index + 1));
    expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThan(5 * 1024 ** 4);
    expect(sizes.slice(0, 1_000)).toEqual(Array(1_000).fill(8 * MIB));
  });

  it('lists what is below its prefix, and nothing else', async () => {
    await s3Bucket(server.options()).put('mine', anObject());
    await s3Bucket({ ...server.options(), prefix: 'theirs/' }).put('theirs', anObject());
    expect(await objectsOf(s3Bucket(server.options()))).toMatchObject([{ name: 'mine' }]);
  });

  it.each([
    [
      'credentials that nobody knows',
      () => server.options(undefined, WRONG_CREDENTIALS),
      /"vault": the credentials were rejected/,
    ],
    ['a bucket that is not there', () => ({ ...server.options(), bucket: 'none' }), /bucket "none": it does not exist/],
    [
      'a server that does not answer',
      () => server.options('http://127.0.0.1:9'),
      /"vault" does not answer \(ECONNREFUSED/,
    ],
  ])('names what is wrong with %s', async (_, options, message) => {
    const refusal = { code: 'DESTINATION_FAILED', message: expect.stringMatching(message) };
    const bucket = s3Bucket(options());
    await expect(bucket.put('object', anObject())).rejects.toMatchObject(refusal);
    await expect(objectsOf(bucket)).rejects.toMatchObject(refusal);
  });

  it('notices that an object was replaced while it is read', async () => {
    const bucket = s3Bucket(server.options());
    await bucket.put('object', Readable.from([randomBytes(20 * MIB)]));
    const source = await bucket.open('object');
    await source.read(0, 10);
    await bucket.delete('object');
    await bucket.put('object', Readable.from([randomBytes(20 * MIB)]));
    await expect(source.read(17 * MIB, 10)).rejects.toMatchObject({
      message: expect.stringMatching(/replaced or deleted/),
    });
    await source.close();
  });

  describe.each([
    ['in one request', 1],
    ['in parts', 12],
  ])('that takes an object %s', (_, mebibytes) => {
    const content = () => Readable.from(Array.from({ length: mebibytes }, () => randomBytes(MIB)));
    const objectLock = { mode: 'GOVERNANCE', days: 2 } as const;

    it('locks it as it was told to, and deletes it no earlier', async () => {
      const prefix = `${mebibytes}/`;
      const bucket = s3Bucket({ ...server.options(), prefix, objectLock });
      const { lockedUntil } = await bucket.put('object', content());
      expect(lockedUntil!.getTime()).toBeGreaterThan(Date.now() + 1.9 * DAY_MS);
      // Also by one that locks nothing itself.
      for (const one of [bucket, s3Bucket({ ...server.options(), prefix })]) {
        expect(await objectsOf(one)).toMatchObject([{ name: 'object', lockedUntil }]);
      }
      const refusal = { code: 'DESTINATION_FAILED', message: expect.stringMatching(/object" is locked until 2/) };
      await expect(bucket.delete('object')).rejects.toMatchObject(refusal);
      await expect(s3Bucket({ ...server.options(), prefix }).delete('object')).rejects.toMatchObject(refusal);
    });

    it.each([
      ['lock it', { objectLock, prefix: 'unlockable/' }, /answered 501/],
      ['encrypt it', { serverSideEncryption: 'AES256' as const }, /"vault" does not encrypt with AES256/],
    ])('keeps nothing of one where the server does not %s', async (__, options, message) => {
      const bucket = s3Bucket({ ...server.options(), ...options });
      await expect(bucket.put('object', content())).rejects.toMatchObject({
        code: 'DESTINATION_FAILED',
        message: expect.stringMatching(message),
      });
      expect(await objectsOf(bucket)).toEqual([]);
      expect(server.openUploads()).toEqual([]);
    });
  });

  it.each([
    [{ bucket: '' }, 'bucket'],
    [{ bucket: 'b', prefix: '/root' }, 'prefix'],
    [{ bucket: 'b', partBytes: 1 }, 'partBytes'],
    [{ bucket: 'b', kmsKeyId: 'id' }, 'kmsKeyId'],
    [{ bucket: 'b', objectLock: { mode: 'GOVERNANCE' as const, days: 0 } }, 'objectLock.days'],
  ])('refuses the options %j at startup', (options, name) => {
    const refusal = { code: 'INVALID_OPTIONS', message: expect.stringContaining(`"destinations.vault.${name}"`) };
    expect(() => s3Bucket(options).check!('destinations.vault')).toThrow(expect.objectContaining(refusal));
  });
});
