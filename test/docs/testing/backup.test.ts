import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { RestoreService } from 'nestjs-backup';
import request from 'supertest';
import { DataSource } from 'typeorm';

describe('The backup endpoint', () => {
  const key = 'a key of the tests, and of nothing else';
  let app: INestApplication<Server>;
  let uploads: string;

  beforeAll(async () => {
    uploads = await mkdtemp(join(tmpdir(), 'uploads-'));
    Object.assign(process.env, { BACKUP_KEY: key, UPLOADS: uploads });
    // Not before its environment is there.
    const { AppModule, Note } = await import('./app.module.js');
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = await module.createNestApplication<INestApplication<Server>>().init();
    await app.get(DataSource).getRepository(Note).insert({ text: 'a note' });
    await writeFile(join(uploads, 'file.txt'), 'a file');
  });
  afterAll(async () => {
    await app.close();
    await rm(uploads, { recursive: true });
  });

  const post = (user: string, body: object) =>
    request(app.getHttpServer()).post('/utils/backup').auth(user, { type: 'bearer' }).send(body);

  it('lets nobody in but a system user who knows the key', async () => {
    await request(app.getHttpServer()).post('/utils/backup').send({ key }).expect(401);
    await post('jane', { key }).expect(403);
    await post('ops', { key: 'another key' }).expect(403);
    await post('ops', { key, check: true }).expect(200, { ok: true });
  });

  it('makes a backup that comes back', async () => {
    const { body } = await post('ops', { key }).responseType('blob').expect(200);
    const { manifest, restoreTest } = await app.get(RestoreService).verify(Readable.from([body]), { restore: true });
    expect(manifest).toMatchObject({ complete: true, files: { uploads: { count: 1 } } });
    expect(restoreTest).toBe(true);
  });
});
