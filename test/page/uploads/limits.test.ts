import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type BackupModuleOptions, localDirectory } from 'nestjs-backup';
import { ExpiredUploads } from '../../../lib/page/uploads/expired-uploads.js';
import { describeEachAdapter, type Host } from '../../fixtures/host.js';
import { seed } from '../../fixtures/host-entities.js';
import { MemoryDestination } from '../../fixtures/memory-destination.js';
import { madeArchive } from './made-archive.js';
import { UploadClient } from './upload-client.js';

describeEachAdapter('An upload within limits', (hosting) => {
  let host: Host;
  let client: UploadClient;
  let vault: MemoryDestination;
  const start = async (options: BackupModuleOptions = {}) => {
    vault = new MemoryDestination();
    host = await hosting.start({ options: { destinations: { vault }, ...options }, extras: { page: true } });
    client = new UploadClient(host.url);
    await seed(host.dataSource);
  };

  it.each([
    [0, 'the file is empty'],
    [1001, 'uploads.maxBytes allows 1000'],
  ])('is refused before it begins if it has %i bytes', async (size, problem) => {
    await start({ uploads: { maxBytes: 1000 } });
    expect(await client.begin({ filename: 'a.zip', size })).toMatchObject({
      status: 409,
      json: { code: 'UPLOAD_REFUSED', message: expect.stringContaining(problem) },
    });
    expect(vault.objects.size).toBe(0);
  });

  it('needs room for its pieces and itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-vault-'));
    await start({ destinations: { vault: localDirectory(folder) } });
    expect(await client.begin({ filename: 'a.zip', size: 2 ** 50 })).toMatchObject({
      status: 409,
      json: { code: 'UPLOAD_REFUSED', message: expect.stringMatching(/room for \d+ bytes/) },
    });
    const { filename, archive, id } = await madeArchive(host);
    expect(await client.whole(archive, filename)).toMatchObject({ state: 'stored', backup: id });
    await rm(folder, { recursive: true });
  });

  it('is removed when nobody finishes it in time, and makes room for another', async () => {
    await start({ uploads: { maxUnfinished: 1, expiresAfter: 60_000 } });
    const { json } = await client.begin({ filename: 'a.zip.crypt', size: 100 });
    await client.patch(json, 0, Buffer.from('(half of it'));
    expect(await client.begin({ filename: 'b.zip.crypt', size: 100 })).toMatchObject({
      status: 409,
      json: { message: expect.stringContaining('uploads.maxUnfinished') },
    });
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + 61_000);
    try {
      expect((await client.head(json)).status).toBe(404);
      expect(await client.list()).toEqual([]);
      expect((await client.begin({ filename: 'b.zip.crypt', size: 100 })).status).toBe(201);
      await host.app.get(ExpiredUploads, { strict: false }).remove();
    } finally {
      clock.mockRestore();
    }
    expect([...vault.objects.keys()].filter((name) => name.includes(json.id))).toEqual([]);
    expect([...vault.objects.keys()].filter((name) => name.startsWith('upload-'))).toHaveLength(1);
  });

  it('is not begun where pieces could not be deleted', async () => {
    await start();
    const put = vault.put.bind(vault);
    vault.put = async (name, ...rest) => {
      vault.locks.set(name, new Date(Date.now() + 1_000_000));
      return put(name, ...rest);
    };
    expect(await client.begin({ filename: 'a.zip.crypt', size: 100 })).toMatchObject({
      status: 409,
      json: { code: 'UPLOAD_REFUSED', message: expect.stringContaining('locks what is stored there') },
    });
  });
});
