import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { s3Bucket } from '../../../lib/s3/index.js';
import { casesOf, MisbehavingBucket, SEED, sampledCases } from '../../fixtures/misbehaving-bucket.js';
import { S3Server } from '../../fixtures/s3-server.js';
import { contentOf } from '../conformance.js';

const MIB = 1024 * 1024;
/** As long as nothing may move; the SDK asks three times. A busy machine needs more where it is to answer. */
const [TIMEOUT, ANSWERING] = [500, 10_000];
const CASES = casesOf('head', 'get', 'put', 'create-upload', 'upload-part', 'complete-upload', 'abort-upload');

let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start();
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

/** A way to the server on which the bucket has versions: it deletes none but the one that is named. */
class VersionedBucket {
  readonly deleted: string[] = [];
  /** For the first version. */
  lockedUntil: Date | undefined;
  isDenied = false;
  private version = 1;
  private readonly server: Server = createServer((incoming, answer) => {
    const url = new URL(incoming.url!, server.url);
    const named = url.searchParams.get('versionId');
    url.searchParams.delete('versionId');
    const { method = '', headers } = incoming;
    if (method === 'DELETE' && named !== null) {
      if (!this.isDenied) this.deleted.push(named);
      answer.writeHead(this.isDenied ? 403 : 204).end(this.isDenied ? '<Error><Code>AccessDenied</Code></Error>' : '');
      return;
    }
    const onward = request(url, { method, headers }, (response) => {
      const isDone = method === 'POST' && url.searchParams.has('uploadId');
      const isPut = method === 'PUT' && !url.searchParams.has('partNumber');
      if ((isDone || isPut) && response.statusCode === 200) this.version++;
      const lock = this.version === 1 ? this.lockedUntil : undefined;
      answer.writeHead(response.statusCode!, {
        ...response.headers,
        'x-amz-version-id': `v${this.version}`,
        ...(lock && {
          'x-amz-object-lock-mode': 'GOVERNANCE',
          'x-amz-object-lock-retain-until-date': lock.toISOString(),
        }),
      });
      response.pipe(answer);
    });
    onward.on('information', ({ statusCode }) => statusCode === 100 && answer.writeContinue());
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });

  async open() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return s3Bucket(server.options(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`));
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

describe('An object of S3 that gets another beginning', () => {
  const beginning = Buffer.from('another beginning');
  const change = async () => ({ bytes: beginning, instead: 10 });

  describe('in a bucket with versions', () => {
    let versions: VersionedBucket;
    let bucket: ReturnType<typeof s3Bucket>;
    beforeEach(async () => {
      versions = new VersionedBucket();
      await s3Bucket(server.options()).put('object', Readable.from([randomBytes(6 * MIB)]));
      bucket = await versions.open();
    });
    afterEach(() => versions.close());

    it('leaves no former version', async () => {
      expect(await bucket.rewrite!('object', change)).not.toHaveProperty('remains');
      expect(versions.deleted).toEqual(['v1']);
    });

    it('says that the former version remains when it may not be deleted', async () => {
      versions.isDenied = true;
      const { remains } = await bucket.rewrite!('object', change);
      expect(remains).toMatch(/^version v1 of "object" could not be deleted \(.*do not permit/);
    });

    it('says until when the former version is locked, and locks the new one as long', async () => {
      const until = new Date(Date.now() + 86_400_000);
      await s3Bucket(server.options()).put('locked', Readable.from([randomBytes(6 * MIB)]));
      versions.lockedUntil = until;
      const { remains, lockedUntil } = await bucket.rewrite!('locked', change);
      expect(remains).toBe(`version v1 of "locked" is locked until ${until.toISOString()}`);
      expect(lockedUntil).toEqual(until);
      expect(versions.deleted).toEqual([]);
      await expect(s3Bucket(server.options()).delete('locked')).rejects.toMatchObject({
        message: expect.stringContaining(`is locked until ${until.toISOString()}`),
      });
    });
  });

  describe(`in a bucket that misbehaves (TEST_SEED=${SEED})`, () => {
    let bucket: MisbehavingBucket;
    let number = 0;
    beforeAll(async () => {
      bucket = await MisbehavingBucket.before(server.url);
    });
    afterEach(() => bucket.behave());
    afterAll(() => bucket.close());

    it.each(sampledCases(CASES, 10))(
      'is whole, as it was or as it should be: $operation $fault (request $at, $times times)',
      async ({ operation, fault, at, times }) => {
        const before = randomBytes(number++ % 2 === 0 ? 6 * MIB : 1_000);
        const after = Buffer.concat([beginning, before.subarray(10)]);
        const sound = s3Bucket(server.options());
        await sound.put('object', Readable.from([before]));
        const timeout = fault === 'silent' ? TIMEOUT : ANSWERING;
        const sick = s3Bucket({ ...server.options(bucket.address), timeout });
        bucket.misbehave(fault, { operation, at, times });
        const error = await sick.rewrite!('object', change).then(
          () => undefined,
          (failure: { code?: string }) => failure,
        );
        bucket.behave();
        const now = await contentOf(sound, 'object');
        if (!error) expect(now.equals(after)).toBe(true);
        else expect(error).toMatchObject({ code: 'DESTINATION_FAILED' });
        expect(now.equals(before) || now.equals(after)).toBe(true);
      },
    );
  });
});
