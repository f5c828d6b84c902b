import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { text } from 'express';
import type { UploadAnswer } from '../../../lib/page/page-api.js';
import { asSystem, describeEachAdapter, type Host } from '../../fixtures/host.js';
import { seed } from '../../fixtures/host-entities.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { BACKUP_KEY, secret } from '../../fixtures/secrets.js';
import { until } from '../../fixtures/wait.js';
import { PageClient, withPage } from '../page-host.js';
import { UploadClient } from './upload-client.js';

/** It begins like an encrypted archive; what follows is not looked at before the check. */
const archiveOf = (size: number) => Buffer.concat([Buffer.from([0x28]), randomBytes(size - 1)]);

describeEachAdapter('An upload over tus', (hosting) => {
  let host: Host;
  let client: UploadClient;
  const vault = new MemoryDestination();
  beforeAll(async () => {
    host = await hosting.start(
      withPage({
        destinations: { vault },
        uploads: { maxBytes: 50_000_000, maxUnfinished: 100 },
        identifyUser: (_, request) => request.headers['x-name'] ?? 'ops',
      }),
    );
    client = new UploadClient(host.url);
    await seed(host.dataSource);
  });
  const begin = async (size: number) => (await client.begin({ filename: 'a.zip.crypt', size })).json as UploadAnswer;
  const piecesOf = ({ id }: UploadAnswer) =>
    [...vault.objects.keys()].filter((name) => name.startsWith(`upload-${id}.0`));
  const storedOf = (upload: UploadAnswer) =>
    Buffer.concat(
      piecesOf(upload)
        .toSorted()
        .map((name) => vault.objects.get(name)!),
    );

  it('is begun with the backup key by a system user, as every action is', async () => {
    const asked = { filename: 'a.zip', size: 10 };
    expect(await client.begin(asked, { headers: {} })).toMatchObject({ status: 401 });
    expect(await client.begin(asked, { headers: { 'x-user': 'superuser' } })).toMatchObject({ status: 403 });
    const wrong = { key: secret('not the key, but long enough'), ...asked };
    expect(await client.begin({}, { body: wrong })).toMatchObject({ status: 403, json: { code: 'WRONG_KEY' } });
    expect(await client.begin({}, { body: asked })).toMatchObject({ status: 400, json: { code: 'KEY_MISSING' } });
    const form = { headers: { ...asSystem, 'Content-Type': 'text/plain' }, body: `key=${BACKUP_KEY}` };
    expect(await client.begin({}, form)).toMatchObject({ status: 415, json: { code: 'NOT_JSON' } });
    const badly = await client.begin({ filename: 1, size: -1, lastModified: '1' });
    expect([badly.status, badly.json.message]).toEqual([
      400,
      ['filename must be a string', 'size must be a whole number', 'lastModified must be a whole number'],
    ]);
    expect(await client.begin({ ...asked, destination: 'nowhere' })).toMatchObject({
      status: 404,
      json: { code: 'BACKUP_NOT_FOUND' },
    });
  });

  it('has a URL of its own, which needs no key but the user', async () => {
    const { status, headers, json } = await client.begin({ filename: 'a.zip.crypt', size: 10, lastModified: 5 });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      ...{ destination: 'vault', filename: 'a.zip.crypt', size: 10, lastModified: 5, offset: 0, state: 'receiving' },
      ...{ backup: null, error: null, url: `/api/v1/utils/backup/uploads/vault/${json.id}` },
    });
    expect(headers).toMatchObject({
      location: json.url,
      'tus-resumable': '1.0.0',
      'upload-expires': expect.any(String),
    });
    for (const other of [new UploadClient(host.url, { ...asSystem, 'x-name': 'eve' })]) {
      expect((await other.head(json)).status).toBe(404);
      expect(await other.state(json)).toMatchObject({ status: 404, json: { code: 'UPLOAD_NOT_FOUND' } });
      expect(await other.patch(json, 0, archiveOf(10))).toMatchObject({ status: 404 });
      expect(await other.check(json)).toMatchObject({ status: 404 });
      expect(await other.remove(json)).toMatchObject({ status: 404 });
      expect(await other.list()).toEqual([]);
    }
    const anybody = new UploadClient(host.url, {});
    expect((await anybody.head(json)).status).toBe(401);
    expect((await anybody.patch(json, 0, archiveOf(10))).status).toBe(401);
    expect((await client.list()).map(({ id }) => id)).toContain(json.id);
  });

  it('takes pieces in order, each once', async () => {
    const archive = archiveOf(3_000_000);
    const upload = await begin(archive.length);
    expect((await client.head(upload)).headers).toMatchObject({ 'upload-offset': '0', 'upload-length': '3000000' });
    const first = await client.patch(upload, 0, archive.subarray(0, 1_200_000));
    expect([first.status, first.headers['upload-offset'], first.headers['tus-resumable']]).toEqual([
      204,
      '1200000',
      '1.0.0',
    ]);
    for (const offset of [0, 1_199_999, 1_200_001]) {
      const wrong = await client.patch(upload, offset, archive.subarray(offset));
      expect([wrong.status, wrong.json.code]).toEqual([409, 'UPLOAD_OFFSET']);
    }
    expect((await client.patch(upload, 1_200_000, archive.subarray(1_200_000))).status).toBe(204);
    const { headers, bytes } = await client.head(upload);
    expect([headers['upload-offset'], headers['cache-control'], bytes.length]).toEqual(['3000000', 'no-store', 0]);
    expect(storedOf(upload).equals(archive)).toBe(true);
    expect((await client.state(upload)).json).toMatchObject({ state: 'received', offset: 3_000_000 });
  });

  it('keeps what had arrived when the client leaves, and goes on from there', async () => {
    const archive = archiveOf(2_000_000);
    const upload = await begin(archive.length);
    const body = new PassThrough();
    const leaving = client.patch(upload, 0, body, { 'Content-Length': String(archive.length) }).catch(() => {});
    body.write(archive.subarray(0, 700_000));
    await until('it is being stored', () => vault.writing === 1, 10_000);
    await until('it was sent', () => body.writableLength + body.readableLength === 0, 10_000);
    body.destroy();
    await leaving;
    await until('it is stored', async () => piecesOf(upload).length === 1, 10_000);
    const offset = Number((await client.head(upload)).headers['upload-offset']);
    expect(offset).toBeGreaterThan(0);
    expect(offset).toBeLessThanOrEqual(700_000);
    expect((await client.patch(upload, offset, archive.subarray(offset))).status).toBe(204);
    expect(storedOf(upload).equals(archive)).toBe(true);
  });

  it('ends a request whose client is gone without saying so, when the client asks how far it is', async () => {
    const archive = archiveOf(1_000_000);
    const upload = await begin(archive.length);
    const body = new PassThrough();
    const silent = client.patch(upload, 0, body, { 'Content-Length': String(archive.length) }).catch((error) => error);
    body.write(archive.subarray(0, 300_000));
    await until('it is being stored', () => vault.writing === 1, 10_000);
    await until('it was sent', () => body.writableLength + body.readableLength === 0, 10_000);
    const offset = Number((await client.head(upload)).headers['upload-offset']);
    expect(offset).toBeGreaterThan(0);
    expect(await silent).toBeDefined();
    expect((await client.patch(upload, offset, archive.subarray(offset))).status).toBe(204);
    expect(storedOf(upload).equals(archive)).toBe(true);
    body.destroy();
  });

  it('speaks version 1.0.0 of the protocol only, and says what is wrong', async () => {
    const upload = await begin(100);
    expect((await client.head(upload, {})).status).toBe(412);
    const sent = (headers: Record<string, string>) => client.patch(upload, 0, archiveOf(100), headers);
    expect(await sent({ 'Tus-Resumable': '0.2.2' })).toMatchObject({ status: 412, json: { code: 'TUS_VERSION' } });
    expect(await sent({ 'Content-Type': 'application/octet-stream' })).toMatchObject({
      status: 415,
      json: { code: 'NOT_PIECE' },
    });
    expect(await sent({ 'Content-Encoding': 'gzip' })).toMatchObject({ status: 415, json: { code: 'NOT_PIECE' } });
    expect(await sent({ 'Upload-Offset': '-1' })).toMatchObject({ status: 400, json: { code: 'INVALID_BODY' } });
    expect(await client.state({ url: upload.url.replace(upload.id, 'none') })).toMatchObject({ status: 404 });
    expect((await client.state(upload)).json.offset).toBe(0);
  });

  it('keeps nothing beyond its size', async () => {
    const upload = await begin(100);
    expect(await client.patch(upload, 0, archiveOf(150))).toMatchObject({
      status: 413,
      json: { code: 'UPLOAD_TOO_LONG' },
    });
    expect((await client.state(upload)).json).toMatchObject({ state: 'received', offset: 100 });
    expect(storedOf(upload)).toHaveLength(100);
  });

  it('is not checked before it is complete', async () => {
    const upload = await begin(100);
    await client.patch(upload, 0, archiveOf(60));
    expect(await client.check(upload)).toMatchObject({ status: 409, json: { code: 'UPLOAD_INCOMPLETE' } });
  });

  it('is gone without a trace once it was removed, even where it was still being sent', async () => {
    const upload = await begin(1_000_000);
    const body = new PassThrough();
    const sending = client.patch(upload, 0, body, { 'Content-Length': '1000000' }).catch(() => {});
    body.write(archiveOf(200_000));
    await until('it is being stored', () => vault.writing === 1, 10_000);
    expect((await client.remove(upload)).status).toBe(204);
    await sending;
    expect([...vault.objects.keys()].filter((name) => name.includes(upload.id))).toEqual([]);
    expect((await client.head(upload)).status).toBe(404);
    body.destroy();
  });

  it('never looks like a backup', async () => {
    const upload = await begin(100);
    await client.patch(upload, 0, archiveOf(60));
    const { json } = await client.begin({ filename: 'b.zip', size: 5 });
    expect(json.state).toBe('receiving');
    expect((await new PageClient(host).get('backups')).json.items).toEqual([]);
  });

  it('takes pieces that a parser of the application has collected, and says so when one made text of them', async () => {
    if (hosting.adapter !== 'Express') return;
    const other = new MemoryDestination();
    const types = { type: 'application/offset+octet-stream', limit: '10mb' };
    const raw = await hosting.start({
      ...withPage({ destinations: { vault: other } }),
      configure: (app) => (app as never as { useBodyParser(...of: unknown[]): void }).useBodyParser('raw', types),
    });
    const eager = new UploadClient(raw.url);
    const { json } = await eager.begin({ filename: 'a.zip.crypt', size: 2_000_000 });
    expect((await eager.patch(json, 0, archiveOf(2_000_000))).status).toBe(204);
    const asText = await hosting.start({
      ...withPage({ destinations: { vault: new MemoryDestination() } }),
      configure: (app) => app.use(text({ type: 'application/offset+octet-stream' })),
    });
    const spoiled = new UploadClient(asText.url);
    const begun = await spoiled.begin({ filename: 'a.zip.crypt', size: 100 });
    expect(await spoiled.patch(begun.json, 0, archiveOf(100))).toMatchObject({
      status: 500,
      json: { code: 'BODY_TAKEN' },
    });
  });
});
