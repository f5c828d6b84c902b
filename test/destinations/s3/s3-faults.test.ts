import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSourceOptions } from 'typeorm';
import { s3Bucket } from '../../../lib/s3/index.js';
import { everyday } from '../../fixtures/everyday.js';
import { FullBucket, S3Server } from '../../fixtures/s3-server.js';
import { TcpProxy } from '../../fixtures/tcp-proxy.js';
import { until } from '../../fixtures/wait.js';
import { objectsOf } from '../conformance.js';

const MIB = 1024 * 1024;
const PARTS = 6;
const LIBRARY = join(import.meta.dirname, '../../../dist/s3/index.js');
/** Megabytes of one upload, and how much more memory it may take: three parts, and what the collector leaves. */
const [LARGE, MOST_MORE] = [process.env.TEST_LONG ? 6_000 : 200, 120];

/** A stream of zeros, which calls back at every mebibyte. */
function zeros(mebibytes: number, onEach: (mebibyte: number) => unknown = () => {}): Readable {
  const bytes = Buffer.alloc(MIB);
  return Readable.from(
    (async function* () {
      for (let at = 0; at < mebibytes; at++) {
        await onEach(at);
        yield bytes;
      }
    })(),
    { objectMode: false, highWaterMark: MIB },
  );
}

describe('An upload to a bucket', () => {
  let server: S3Server;
  const bucket = () => s3Bucket({ ...server.options(), partBytes: 5 * MIB });
  beforeAll(async () => {
    server = await S3Server.start();
  });
  beforeEach(() => server.clear());
  afterAll(() => server.stop());

  it.each(everyday([...Array(PARTS).keys()], 3))(
    'whose connections break in part %i is whole or leaves nothing',
    async (part) => {
      const { proxy, options } = await TcpProxy.before({ url: server.url } as unknown as DataSourceOptions);
      const { url } = options as unknown as { url: string };
      const over = s3Bucket({ ...server.options(url.replace(/\/$/, '')), partBytes: 5 * MIB });
      const content = zeros(PARTS * 5, async (at) => {
        if (at !== part * 5 + 2) return;
        await sleep(20);
        proxy.cut();
      });
      const ended = await over.put('object', content).catch((error: unknown) => error);
      proxy.close();
      if (ended instanceof Error) expect(ended).toMatchObject({ code: 'DESTINATION_FAILED' });
      const expected = ended instanceof Error ? [] : [{ name: 'object', bytes: PARTS * 5 * MIB }];
      expect(await objectsOf(bucket())).toMatchObject(expected);
      expect(server.openUploads()).toEqual([]);
    },
  );

  it('that is aborted leaves no parts', async () => {
    const stop = new AbortController();
    const content = zeros(40, (at) => at === 23 && stop.abort(new Error('the host stops')));
    await expect(bucket().put('object', content, { signal: stop.signal })).rejects.toThrow('the host stops');
    expect(await objectsOf(bucket())).toEqual([]);
    expect(server.openUploads()).toEqual([]);
  });

  it('of a process that is killed is no object', async () => {
    const program = `
      import { s3Bucket } from ${JSON.stringify(LIBRARY)};
      import { Readable } from 'node:stream';
      const bytes = Buffer.alloc(${MIB});
      const endless = Readable.from((async function* () { for (;;) yield bytes; })(), { objectMode: false });
      await s3Bucket(JSON.parse(process.argv[1])).put('object', endless);`;
    const args = ['--input-type=module', '-e', program, JSON.stringify({ ...server.options(), partBytes: 5 * MIB })];
    const child = spawn(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '' }, stdio: 'ignore' });
    await until('it has begun', () => server.openUploads().length === 1, 20_000);
    await sleep(300);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await objectsOf(bucket())).toEqual([]);
  });

  it(`of ${LARGE} MiB takes no more memory than its parts`, async () => {
    let [first, most] = [0, 0];
    const content = zeros(LARGE, (at) => {
      const { rss } = process.memoryUsage();
      // By then as much is on its way as ever will be.
      if (at <= 60) first = Math.max(first, rss);
      most = Math.max(most, rss);
    });
    expect(await s3Bucket(server.options()).put('object', content)).toMatchObject({ bytes: LARGE * MIB });
    expect((most - first) / MIB).toBeLessThan(MOST_MORE);
  }, 900_000);
});

describe('A bucket that gets full', () => {
  it('takes nothing of the object, and takes others when there is room again', async () => {
    const server = await S3Server.start();
    const full = await FullBucket.before(server.url);
    try {
      const bucket = s3Bucket({ ...server.options(full.url), partBytes: 5 * MIB });
      const refusal = { code: 'DESTINATION_FAILED', message: expect.stringContaining('"vault": it is full') };
      await expect(bucket.put('object', zeros(30))).rejects.toMatchObject(refusal);
      expect(await objectsOf(bucket)).toEqual([]);
      expect(server.openUploads()).toEqual([]);
      expect(await bucket.put('small', zeros(1))).toMatchObject({ bytes: MIB });
    } finally {
      full.close();
      await server.stop();
    }
  });
});
