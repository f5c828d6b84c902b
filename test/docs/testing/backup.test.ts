import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { RestoreService } from 'nestjs-backup';
import { DataSource } from 'typeorm';
import { AppModule, Note } from './app.module';

describe('The backup endpoint', () => {
  const key = 'a key of the tests, and of nothing else';
  let uploads: string;
  let app: INestApplication | undefined;
  let url: string;
  let restores: RestoreService;

  beforeAll(async () => {
    uploads = await mkdtemp(join(tmpdir(), 'uploads-'));
    await writeFile(join(uploads, 'file.txt'), 'a file');
    Object.assign(process.env, { BACKUP_KEY: key, UPLOADS: uploads });
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    url = `${await app.getUrl()}/utils/backup`;
    restores = app.get(RestoreService);
    await app.get(DataSource).getRepository(Note).insert({ text: 'a note' });
  });
  afterAll(async () => {
    // There is none if it did not start; Jest then shows why.
    await app?.close();
    await rm(uploads, { recursive: true });
  });

  const post = (body: object, user?: string) => {
    const headers = { 'content-type': 'application/json', ...(user && { authorization: `Bearer ${user}` }) };
    return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  };

  it('lets nobody in but a system user who knows the key', async () => {
    expect((await post({ key })).status).toBe(401);
    expect((await post({ key }, 'jane')).status).toBe(403);
    expect((await post({ key: 'another key' }, 'ops')).status).toBe(403);
    expect(await (await post({ key, check: true }, 'ops')).json()).toEqual({ ok: true });
  });

  it('makes a backup that comes back', async () => {
    const response = await post({ key }, 'ops');
    expect(response.status).toBe(200);
    const archive = Buffer.from(await response.arrayBuffer());
    const { manifest, restoreTest } = await restores.verify(Readable.from([archive]), { restore: true });
    expect(manifest).toMatchObject({ complete: true, files: { uploads: { count: 1 } } });
    expect(restoreTest).toBe(true);
  });
});
