import { tmpdir } from 'node:os';
import { Module } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Test, type TestingModule } from '@nestjs/testing';
import { AppModule } from './app.module';
import { NightlyBackupsModule } from './nightly-backups.module';

@Module({})
class NoBackupsModule {}

describe('The application in its tests', () => {
  let app: TestingModule | undefined;
  afterEach(() => app?.close());

  it('makes no backups by itself', async () => {
    process.env.UPLOADS = tmpdir();
    // Your AppModule imports NightlyBackupsModule itself.
    app = await Test.createTestingModule({ imports: [AppModule, NightlyBackupsModule] })
      .overrideModule(NightlyBackupsModule)
      .useModule(NoBackupsModule)
      .compile();
    await app.init();
    expect(() => app?.get(SchedulerRegistry, { strict: false })).toThrow();
  });
});
