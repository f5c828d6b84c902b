import { createHash } from 'node:crypto';
import { digestOf } from '../../lib/options/resolve-options.js';
import { LinkTokens } from '../../lib/page/link-tokens.js';
import { fillBulk } from '../fixtures/bulk.js';
import { asSystem, describeEachAdapter, type Host } from '../fixtures/host.js';
import { seed } from '../fixtures/host-entities.js';
import { open, send } from '../fixtures/http-client.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY, BACKUP_KEY } from '../fixtures/secrets.js';
import { PageClient, withPage } from './page-host.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describeEachAdapter('A stored backup by its link', (hosting) => {
  let host: Host;
  let page: PageClient;
  const vault = new MemoryDestination();
  let id: string;
  let archive: Buffer;
  beforeAll(async () => {
    host = await hosting.start(withPage({ destinations: { vault }, compressionLevel: 0 }));
    page = new PageClient(host);
    await seed(host.dataSource);
    await fillBulk(host.dataSource, 3);
    id = await page.store('vault', { aes_key: AES_KEY });
    archive = [...vault.objects].find(([name]) => name.endsWith('.zip.crypt'))![1];
  });
  const link = async (more = {}) => (await page.act('links', { destination: 'vault', id, ...more })).json.url as string;
  const signed = () => {
    const name = [...vault.objects.keys()].find((one) => one.endsWith('.zip.crypt'))!;
    return { destination: 'vault', archive: name, user: 'ops', expiresAt: Date.now() + 60_000 };
  };
  const ranged = (url: string, Range: string, more = {}) =>
    page.follow(url, { headers: { ...asSystem, Range, ...more } });

  it('comes as it is stored, for ten minutes', async () => {
    const before = Date.now();
    const made = await page.act('links', { destination: 'vault', id });
    expect(made.status).toBe(201);
    expect(Object.keys(made.json)).toEqual(['url', 'expiresAt']);
    const lasts = new Date(made.json.expiresAt).getTime() - before;
    expect(lasts).toBeGreaterThanOrEqual(600_000);
    expect(lasts).toBeLessThan(660_000);
    const answer = await page.follow(made.json.url);
    expect(answer.status).toBe(200);
    expect(sha256(answer.bytes)).toBe(sha256(archive));
    expect(answer.headers).toMatchObject({
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      'content-length': String(archive.length),
      'content-disposition': expect.stringMatching(/^attachment; filename="backup-[\w.-]+\.zip\.crypt"$/),
      'cache-control': 'no-store',
      etag: expect.stringMatching(/^"[\w-]{27}"$/),
    });
    expect(host.events.some(({ event }) => event === 'backup.linked')).toBe(true);
  });

  it('has a head without a body', async () => {
    const url = await link();
    const head = await page.follow(url, { method: 'HEAD' });
    const get = await page.follow(url);
    expect([head.status, head.bytes.length, head.headers['content-length']]).toEqual([200, 0, String(archive.length)]);
    expect(head.headers.etag).toBe(get.headers.etag);
    const part = await page.follow(url, { method: 'HEAD', headers: { ...asSystem, Range: 'bytes=1-2' } });
    expect([part.status, part.headers['content-range']]).toEqual([206, `bytes 1-2/${archive.length}`]);
  });

  it('comes in any parts', async () => {
    const url = await link();
    for (const [range, first, last] of [
      ['bytes=0-0', 0, 0],
      ['bytes=7-', 7, archive.length - 1],
      ['bytes=-5', archive.length - 5, archive.length - 1],
      ['bytes=100-199', 100, 199],
      ['Bytes=0-0', 0, 0],
      [`bytes=-${'9'.repeat(20)}`, 0, archive.length - 1],
      [`bytes=3-${'9'.repeat(20)}`, 3, archive.length - 1],
    ] as const) {
      const answer = await ranged(url, range);
      expect([answer.status, answer.headers['content-range']]).toEqual([
        206,
        `bytes ${first}-${last}/${archive.length}`,
      ]);
      expect(answer.bytes.equals(archive.subarray(first, last + 1))).toBe(true);
    }
  });

  it('answers 416 to what is not there, and says how long it is', async () => {
    for (const first of [archive.length, '9'.repeat(20)]) {
      const answer = await ranged(await link(), `bytes=${first}-`);
      expect([answer.status, answer.headers['content-range']]).toEqual([416, `bytes */${archive.length}`]);
      expect(answer.json).toMatchObject({ statusCode: 416, code: 'RANGE_NOT_SATISFIABLE' });
    }
  });

  it('comes whole if it is not the one that was begun', async () => {
    const url = await link();
    const { etag } = (await page.follow(url, { method: 'HEAD' })).headers;
    expect((await ranged(url, 'bytes=5-', { 'If-Range': etag })).status).toBe(206);
    expect((await ranged(url, 'bytes=5-', { 'If-Range': '"another"' })).status).toBe(200);
  });

  it('is whole after its connection was cut twenty times', async () => {
    const url = await link();
    const pieces: Buffer[] = [];
    let have = 0;
    let etag = '';
    for (let cut = 0; cut < 20; cut++) {
      const Range = `bytes=${have}-`;
      const answer = await open(host.url + url, {
        method: 'GET',
        headers: { ...asSystem, Range, ...(etag && { 'If-Range': etag }) },
      });
      expect(answer.statusCode).toBe(206);
      etag = answer.headers.etag!;
      const upTo = Math.floor((archive.length * (cut + 1)) / 21);
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        const piece = chunk.subarray(0, upTo - have);
        pieces.push(piece);
        have += piece.length;
        if (have >= upTo) break;
      }
      answer.destroy();
    }
    pieces.push((await ranged(url, `bytes=${have}-`, { 'If-Range': etag })).bytes);
    expect(sha256(Buffer.concat(pieces))).toBe(sha256(archive));
  });

  it('is for the user who asked for it, and for system users', async () => {
    const url = await link();
    const tokens = new LinkTokens(digestOf(BACKUP_KEY));
    const token = url.split('/').at(-1)!;
    const others = url.replace(token, tokens.sign({ ...signed(), user: 'somebody else' }));
    expect(await page.follow(others)).toMatchObject({ status: 403, json: { code: 'LINK_NOT_YOURS' } });
    expect((await page.follow(url, { headers: {} })).status).toBe(401);
    for (const user of ['superuser', 'regular', 'truthy']) {
      expect((await page.follow(url, { headers: { 'x-user': user } })).status).toBe(403);
    }
  });

  it('answers 410 when it has expired, and 404 to what nobody signed', async () => {
    const url = await link();
    const tokens = new LinkTokens(digestOf(BACKUP_KEY));
    const token = url.split('/').at(-1)!;
    const expired = url.replace(token, tokens.sign({ ...signed(), expiresAt: Date.now() - 1 }));
    expect(await page.follow(expired)).toMatchObject({ status: 410, json: { code: 'LINK_EXPIRED' } });
    for (const wrong of [`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, 'x', '..%2f..']) {
      expect(await page.follow(url.replace(token, wrong))).toMatchObject({
        status: 404,
        json: { code: 'LINK_INVALID' },
      });
    }
  });

  it('answers 404 for what is not stored', async () => {
    const missing = { statusCode: 404, error: 'Not Found', code: 'BACKUP_NOT_FOUND', message: expect.any(String) };
    for (const more of [{ id: 'none' }, { destination: 'nowhere' }, { destination: '__proto__' }]) {
      expect((await page.act('links', { destination: 'vault', id, ...more })).json).toEqual(missing);
    }
    const url = await link();
    const name = [...vault.objects.keys()].find((one) => one.endsWith('.zip.crypt'))!;
    vault.objects.delete(name);
    expect((await page.follow(url)).json).toEqual(missing);
    vault.objects.set(name, archive);
  });

  it('breaks off visibly when the destination fails in the middle', async () => {
    const url = await link();
    const opened = vault.open.bind(vault);
    vault.open = async (name) => {
      const source = await opened(name);
      const read = async (position: number, length: number) => {
        if (position > 0) throw new Error('the disk is gone');
        return source.read(position, length);
      };
      return name.endsWith('.crypt') ? { ...source, read } : source;
    };
    await expect(send(host.url + url, { method: 'GET', headers: asSystem })).rejects.toThrow();
    vault.open = opened;
  });
});
