import { Readable } from 'node:stream';
import { s3Bucket } from '../../../lib/s3/index.js';
import { MisbehavingBucket } from '../../fixtures/misbehaving-bucket.js';
import { S3Server } from '../../fixtures/s3-server.js';
import { objectsOf } from '../conformance.js';

const MIB = 1024 * 1024;

describe('The client of a bucket', () => {
  let server: S3Server;
  let bucket: MisbehavingBucket;
  beforeAll(async () => {
    server = await S3Server.start();
    bucket = await MisbehavingBucket.before(server.url);
  });
  beforeEach(() => server.clear());
  afterAll(async () => {
    bucket.close();
    await server.stop();
  });
  const content = (mebibytes: number) => Readable.from([Buffer.alloc(mebibytes * MIB)]);

  it.each([1, 12])('sends %i MiB without checksums where the application wants none', async (mebibytes) => {
    bucket.misbehave('400', { times: 1_000 });
    const { client, ...options } = server.options(bucket.address);
    const wanted = { ...client, requestChecksumCalculation: 'WHEN_REQUIRED' } as const;
    await s3Bucket({ ...options, client: wanted, partBytes: 5 * MIB }).put('object', content(mebibytes));
    expect(await objectsOf(s3Bucket(server.options()))).toMatchObject([{ bytes: mebibytes * MIB }]);
    const refusal = {
      code: 'DESTINATION_FAILED',
      message: expect.stringMatching(
        /400 InvalidArgument \(.*x-amz-sdk-checksum-algorithm\).*requestChecksumCalculation: 'WHEN_REQUIRED'/,
      ),
    };
    await expect(s3Bucket({ ...options, client }).put('other', content(mebibytes))).rejects.toMatchObject(refusal);
  });

  it('gives up a server that is silent, and keeps what the application says of its connections', async () => {
    bucket.misbehave('silent', { times: 1_000 });
    const { client, ...options } = server.options(bucket.address);
    const silent = s3Bucket({ ...options, client: { ...client, maxAttempts: 1 }, timeout: 300 });
    const refusal = { code: 'DESTINATION_FAILED', message: expect.stringContaining('does not answer (TimeoutError)') };
    await expect(silent.put('object', content(1))).rejects.toMatchObject(refusal);
    await expect(objectsOf(silent)).rejects.toMatchObject(refusal);
    const requestHandler = { socketTimeout: 200 };
    const own = s3Bucket({ ...options, client: { ...client, maxAttempts: 1, requestHandler }, timeout: 600_000 });
    await expect(own.put('object', content(1))).rejects.toMatchObject(refusal);
    bucket.behave();
  });
});
