import { tmpdir } from 'node:os';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppModule } from './app.module';

describe('An application without a key', () => {
  let app: INestApplication | undefined;
  afterEach(() => app?.close());

  it('has no endpoint', async () => {
    delete process.env.BACKUP_KEY;
    process.env.UPLOADS = tmpdir();
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const { status } = await fetch(`${await app.getUrl()}/utils/backup`, { method: 'POST' });
    expect(status).toBe(404);
  });
});
