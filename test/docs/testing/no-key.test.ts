import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';

it('has no endpoint without a key', async () => {
  delete process.env.BACKUP_KEY;
  process.env.UPLOADS = tmpdir();
  const { AppModule } = await import('./app.module.js');
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
  const app = await module.createNestApplication<INestApplication<Server>>().init();
  await request(app.getHttpServer()).post('/utils/backup').expect(404);
  await app.close();
});
