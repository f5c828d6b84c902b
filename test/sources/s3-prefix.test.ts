import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSourceOptions } from 'typeorm';
import { s3Prefix } from '../../lib/s3/index.js';
import { elsewhere, S3Server, WRONG_CREDENTIALS } from '../fixtures/s3-server.js';
import { TcpProxy } from '../fixtures/tcp-proxy.js';
import { attributesOf, describeFileStore, filesOf } from './conformance.js';

const MIB = 1024 * 1024;

let server: S3Server;
beforeAll(async () => {
  server = await S3Server.start();
});
beforeEach(() => server.clear());
afterAll(() => server.stop());

const pictures = (options = {}) => s3Prefix({ ...server.options(), prefix: 'shop/pictures/', ...options });

describeFileStore('a prefix in a bucket of S3', () => pictures());
if (elsewhere()) describeFileStore('a prefix in the bucket of TEST_S3', () => s3Prefix(elsewhere()!));

describe('A prefix in a bucket of S3', () => {
  it('sees and touches nothing beside it', async () => {
    const all = s3Prefix(server.options());
    for (const key of ['shop/pictures-old/a', 'shop/pictures', 'other', 'shop/pictures/mine']) {
      await all.put(key, Buffer.from(key), attributesOf(key));
    }
    expect(await filesOf(pictures())).toEqual({ mine: 'shop/pictures/mine' });
    await pictures().delete('a');
    expect(Object.keys(await filesOf(all))).toHaveLength(4);
  });

  it('takes a stream in parts, and gives it back', async () => {
    const bytes = randomBytes(12 * MIB);
    const store = pictures({ partBytes: 5 * MIB });
    await store.put(
      'large',
      Readable.from([bytes.subarray(0, 7 * MIB), bytes.subarray(7 * MIB)]),
      attributesOf('large'),
    );
    const { size, content } = await store.open('large');
    expect(size).toBe(12 * MIB);
    expect((await buffer(content)).equals(bytes)).toBe(true);
    expect(server.openUploads()).toEqual([]);
  });

  it('goes on where a connection broke, unless the object is another one by then', async () => {
    const { proxy, options } = await TcpProxy.before({ url: server.url } as unknown as DataSourceOptions);
    const store = s3Prefix(server.options((options as unknown as { url: string }).url.replace(/\/$/, '')));
    const bytes = randomBytes(30 * MIB);
    const read = async (onBreak: () => Promise<unknown>) => {
      await s3Prefix(server.options()).put('large', bytes, attributesOf('large'));
      const chunks: Buffer[] = [];
      let broken = false;
      for await (const chunk of (await store.open('large')).content as AsyncIterable<Buffer>) {
        chunks.push(chunk);
        if (broken) continue;
        broken = true;
        await onBreak();
        proxy.cut();
        await sleep(20);
      }
      return Buffer.concat(chunks);
    };
    expect((await read(async () => {})).equals(bytes)).toBe(true);
    const changed = read(() => s3Prefix(server.options()).put('large', randomBytes(30 * MIB), attributesOf('large')));
    await expect(changed).rejects.toThrow('replaced or deleted');
    proxy.close();
  });

  it('reads a large object no faster than its reader takes it', async () => {
    const { proxy, options } = await TcpProxy.before({ url: server.url } as unknown as DataSourceOptions);
    const store = s3Prefix(server.options((options as unknown as { url: string }).url.replace(/\/$/, '')));
    await pictures().put('large', Buffer.alloc(60 * MIB), attributesOf('large'));
    const { content } = await store.open('shop/pictures/large');
    await once(content, 'readable');
    await sleep(500);
    expect(proxy.bytes).toBeLessThan(20 * MIB);
    content.destroy();
    proxy.close();
  });

  it('gives objects the type that the application says', async () => {
    const types: string[] = [];
    const contentType = (path: string) => {
      types.push(path);
      return 'image/png';
    };
    await pictures({ contentType }).put('staged/0', Buffer.from('x'), attributesOf('a.png'));
    expect(types).toEqual(['a.png']);
    const { client, bucket } = server.options();
    const { S3Client, HeadObjectCommand } = await import('@aws-sdk/client-s3');
    await pictures().copy('staged/0', 'a.png');
    const command = new HeadObjectCommand({ Bucket: bucket, Key: 'shop/pictures/a.png' });
    expect(await new S3Client(client!).send(command)).toMatchObject({ ContentType: 'image/png' });
  });

  it.each([
    [
      'credentials that nobody knows',
      () => server.options(undefined, WRONG_CREDENTIALS),
      /the credentials were rejected/,
    ],
    ['a bucket that is not there', () => ({ ...server.options(), bucket: 'none' }), /bucket "none": it does not exist/],
    ['a server that does not answer', () => server.options('http://127.0.0.1:9'), /does not answer \(ECONNREFUSED/],
  ])('names what is wrong with %s', async (_, options, message) => {
    const store = s3Prefix(options());
    await expect(filesOf(store)).rejects.toThrow(message);
    await expect(store.put('a', Buffer.from('x'), attributesOf('a'))).rejects.toThrow(message);
    await expect(store.copy('a', 'b')).rejects.toThrow();
  });

  it('has a location without secrets', () => {
    expect(pictures().location).toBe(`${server.url.replace('http', 'https')}/vault/shop/pictures/`);
    expect(s3Prefix({ bucket: 'b' }).location).toBe('s3://b/');
  });

  it.each([
    [{ bucket: '' }, 'bucket'],
    [{ bucket: 'b', prefix: '/root/' }, 'prefix'],
    [{ bucket: 'b', prefix: 'pictures' }, 'prefix'],
    [{ bucket: 'b', partBytes: 1 }, 'partBytes'],
    [{ bucket: 'b', contentType: 'image/png' as never }, 'contentType'],
  ])('refuses the options %j at startup', (options, name) => {
    const refusal = { code: 'INVALID_OPTIONS', message: expect.stringContaining(`"dataDirs.pictures.${name}"`) };
    expect(() => s3Prefix(options).check!('dataDirs.pictures')).toThrow(expect.objectContaining(refusal));
  });
});
