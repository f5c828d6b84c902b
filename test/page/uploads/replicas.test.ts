import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { BackupService, localDirectory } from 'nestjs-backup';
import { Upload } from 'tus-js-client';
import type { UploadAnswer } from '../../../lib/page/page-api.js';
import { describeEngine } from '../../fixtures/databases.js';
import { plant } from '../../fixtures/files.js';
import { asSystem, Host } from '../../fixtures/host.js';
import { seed } from '../../fixtures/host-entities.js';
import { Replicas } from '../../fixtures/replicas.js';
import { BACKUP_KEY } from '../../fixtures/secrets.js';
import { until } from '../../fixtures/wait.js';
import { UploadClient } from './upload-client.js';

/** More than a piece: what is complete survives the process that received it. */
const BULK = 20_000_000;
/** By default. */
const MOST_UNFINISHED = 5;

describeEngine('An upload on several replicas', 'postgres', (engine) => {
  const replicas = new Replicas('page-replica.mjs');
  let database: Awaited<ReturnType<typeof engine.create>>;
  let folder: string;
  let host: Host;
  let client: UploadClient;
  let archive: Buffer;
  let id: string;
  const make = async () => {
    const { id: made, stream } = await host.app.get(BackupService, { strict: false }).create();
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    archive = Buffer.concat(chunks);
    id = made;
  };
  beforeAll(async () => {
    database = await engine.create();
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-vault-'));
    host = await Host.start('Express', {
      database: database.options,
      options: { destinations: { vault: localDirectory(folder) }, compressionLevel: 0 },
      extras: { page: true },
    });
    client = new UploadClient(host.url);
    await seed(host.dataSource);
    plant(host.dataDir, { 'bulk.bin': Buffer.alloc(BULK, 'bulk') });
  });
  afterAll(async () => {
    await replicas.killAll();
    await host.close();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const replicate = async () => {
    const replica = await replicas.start({
      HOST_DATABASE: JSON.stringify(database.options),
      HOST_VAULT: folder,
      HOST_BACKUP_KEY: BACKUP_KEY,
    });
    return { replica, first: new UploadClient(`http://127.0.0.1:${/^port (\d+)$/m.exec(replica.said)![1]}`) };
  };

  it('goes on in another process after the first one was killed in the middle', async () => {
    await make();
    const { replica, first } = await replicate();
    const { json: upload } = await first.begin({ filename: 'backup.zip', size: archive.length });
    const body = new PassThrough();
    const cut = first.patch(upload, 0, body, { 'Content-Length': String(archive.length) }).catch(() => {});
    body.write(archive.subarray(0, 19_000_000));
    const isPart = (name: string) => name.startsWith(`upload-${upload.id}.0`);
    await until('a piece is stored', async () => (await readdir(folder)).some(isPart), 20_000);
    await replicas.kill(replica);
    await cut;
    body.destroy();

    const offset = Number((await client.head(upload)).headers['upload-offset']);
    expect(offset).toBeGreaterThanOrEqual(16 * 1024 * 1024);
    expect(offset).toBeLessThanOrEqual(19_000_000);
    expect((await client.patch(upload, offset, archive.subarray(offset))).status).toBe(204);
    expect((await client.check(upload)).status).toBe(202);
    expect(await client.ended(upload)).toMatchObject({ state: 'stored', backup: id });
    expect((await readdir(folder)).filter(isPart)).toEqual([]);
  });

  it('is one of no more than there may be, whichever process they begin in', async () => {
    const { replica, first } = await replicate();
    for (let round = 0; round < 5; round++) {
      const clients = Array.from({ length: 8 }, (_, index) => (index % 2 ? client : first));
      const begun = await Promise.all(clients.map((one) => one.begin({ filename: 'a', size: 10 })));
      const { length } = begun.filter(({ status }) => status === 201);
      expect(length).toBeLessThanOrEqual(MOST_UNFINISHED);
      for (const { status, json } of begun) if (status === 201) await client.remove(json);
    }
    await replicas.kill(replica);
  });

  it('is done by a client of the protocol that knows nothing of this server but a URL', async () => {
    await make();
    const upload = (await client.begin({ filename: 'backup.zip', size: archive.length })).json as UploadAnswer;
    await new Promise<void>((resolve, reject) => {
      new Upload(archive as never, {
        uploadUrl: host.url + upload.url,
        headers: asSystem,
        chunkSize: 7_000_001,
        onSuccess: () => resolve(),
        onError: reject,
      }).start();
    });
    expect((await client.check(upload)).status).toBe(202);
    expect(await client.ended(upload)).toMatchObject({ state: 'stored', backup: id });
  });
});
