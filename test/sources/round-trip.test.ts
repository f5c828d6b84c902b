import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { RestoreService } from 'nestjs-backup';
import { s3Prefix } from '../../lib/s3/index.js';
import { S3Server, WRONG_CREDENTIALS } from '../fixtures/s3-server.js';
import { attributesOf, filesOf } from './conformance.js';
import { StoreHost } from './store-host.js';

const MIB = 1024 * 1024;
const [SMALL, LARGE_MIB] = process.env.TEST_LONG ? [2_000, 50] : [100, 12];
const AT_ONCE = 20;

const NAMES = ['Ünïcödé/日本/😀.txt', 'é', 'e\u0301', 'with space', 'plus+plus', 'per%20cent', 'quote"s', '?#&'];

describe('A host whose pictures are in a bucket', () => {
  let server: S3Server;
  let host: StoreHost;
  const options = () => ({ ...server.options(), prefix: 'shop/pictures/', partBytes: 5 * MIB });
  const pictures = () => s3Prefix(options());

  const digests = async () =>
    Object.entries(await filesOf(pictures())).map(([path, content]) => [
      path,
      createHash('sha256').update(content, 'latin1').digest('hex'),
    ]);
  const plant = async (files: Array<[string, Buffer]>) => {
    for (let at = 0; at < files.length; at += AT_ONCE) {
      const some = files.slice(at, at + AT_ONCE);
      await Promise.all(some.map(([path, content]) => pictures().put(path, content, attributesOf(path))));
    }
  };

  beforeAll(async () => {
    server = await S3Server.start();
    host = await StoreHost.start(pictures());
  });
  afterAll(async () => {
    await host.close();
    await server.stop();
  });

  it(`has exactly the same objects after a restore: odd names, empty ones, ${LARGE_MIB} MiB, ${SMALL} small ones`, async () => {
    await plant([
      ...NAMES.map((name): [string, Buffer] => [name, Buffer.from(name)]),
      ['empty', Buffer.alloc(0)],
      ['folder/', Buffer.alloc(0)],
      ['large.bin', randomBytes(LARGE_MIB * MIB)],
      ...Array.from({ length: SMALL }, (_, at): [string, Buffer] => [`small/${at % 7}/${at}`, randomBytes(at)]),
    ]);
    const before = await digests();
    const archive = await host.backUp();
    await pictures().delete('é');
    await plant([
      ['small/0/0', Buffer.from('changed')],
      ['later', Buffer.from('later')],
      ['small/later/', Buffer.alloc(0)],
    ]);
    const beside = s3Prefix({ ...options(), prefix: 'shop/other/' });
    await beside.put('untouched', Buffer.from('u'), attributesOf('untouched'));
    const report = await host.restore(archive);
    expect(report).toMatchObject({ complete: true, warnings: [] });
    expect(report.files.pictures!.count).toBe(before.length - 1);
    expect(await digests()).toEqual(before);
    expect(await filesOf(beside)).toEqual({ untouched: 'u' });
    expect(server.openUploads()).toEqual([]);
    const again = Readable.from([await host.backUp()], { objectMode: false });
    await host.host.app.get(RestoreService).verify(again);
  }, 300_000);

  it.each(['backed up', 'restored'])('tells no secret when it cannot be %s', async (what) => {
    const archive = await host.backUp();
    const wrong = s3Prefix({ ...options(), client: server.options(undefined, WRONG_CREDENTIALS).client });
    const stranger = await StoreHost.start(wrong);
    try {
      const work: Promise<unknown> = what === 'restored' ? stranger.restore(archive) : stranger.backUp();
      const error = (await work.catch((reason: unknown) => reason)) as Error;
      expect(error).toMatchObject({ code: 'DIRECTORY_UNREADABLE', message: expect.stringContaining('"pictures"') });
      expect(String(error.cause)).toContain('bucket "vault": the credentials were rejected');
      const all = inspect(error, { depth: 20, showHidden: true, maxStringLength: null });
      expect(all).not.toContain(WRONG_CREDENTIALS.secretAccessKey);
      expect(stranger.host.logs()).not.toContain(WRONG_CREDENTIALS.secretAccessKey);
    } finally {
      await stranger.close();
    }
  });
});
