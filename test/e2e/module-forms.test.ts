import { Injectable, Module } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BackupModule, type BackupModuleOptions, type BackupOptionsFactory, BackupService } from 'nestjs-backup';
import { Entity, PrimaryGeneratedColumn } from 'typeorm';
import { BACKUP_OPTIONS } from '../../lib/options/resolved-options.js';
import { readBackup } from '../fixtures/backup.js';
import type { TestDatabase } from '../fixtures/databases.js';
import { describeEachAdapter, type Host, LoginGuard } from '../fixtures/host.js';
import { AES_KEY, BACKUP_KEY, secret } from '../fixtures/secrets.js';

const OTHER_KEY = secret('another key, of the second module');
const guards = [LoginGuard];

@Injectable()
class Settings {
  readonly backup: BackupModuleOptions = { backupKey: BACKUP_KEY, appVersion: 'from settings' };
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

@Injectable()
class FactoryOfOptions implements BackupOptionsFactory {
  createBackupOptions(): BackupModuleOptions {
    return { backupKey: BACKUP_KEY, appVersion: 'from settings' };
  }
}

@Module({ providers: [FactoryOfOptions], exports: [FactoryOfOptions] })
class FactoryModule {}

class GetterOptions {
  get encryptionKey() {
    return AES_KEY;
  }
  get appVersion() {
    return 'from getters';
  }
}

@Injectable()
class NeedsBackups {
  constructor(readonly backups: BackupService) {}
}

@Entity()
class LogLine {
  @PrimaryGeneratedColumn()
  id!: number;
}

describeEachAdapter('The module', ({ start, ...hosting }) => {
  const version = async (host: Host) => (await readBackup((await host.post()).bytes)).text.VERSION;

  it.each([
    ['forRoot', () => BackupModule.forRoot({ ...new Settings().backup, guards })],
    ['useFactory', () => BackupModule.forRootAsync({ useFactory: () => new Settings().backup, guards })],
    [
      'useFactory with imports and inject',
      () =>
        BackupModule.forRootAsync({
          imports: [SettingsModule],
          inject: [Settings],
          useFactory: async (settings: Settings) => settings.backup,
          guards,
        }),
    ],
    ['useClass', () => BackupModule.forRootAsync({ useClass: FactoryOfOptions, guards })],
    [
      'useExisting',
      () => BackupModule.forRootAsync({ imports: [FactoryModule], useExisting: FactoryOfOptions, guards }),
    ],
  ])('takes its options from %s', async (_, module) => {
    const host = await start({ imports: () => [module()] });
    expect(await version(host)).toBe('from settings');
    expect((await host.post({ headers: {} })).status).toBe(401);
  });

  it.each([
    ['forRoot', (options: BackupModuleOptions) => BackupModule.forRoot(options)],
    ['forRootAsync', (options: BackupModuleOptions) => BackupModule.forRootAsync({ useFactory: () => options })],
  ])('refuses to start with an encryptionKey whose variable is not set, given to %s', async (_, module) => {
    const imports = () => [module({ backupKey: BACKUP_KEY, encryptionKey: process.env.NO_SUCH_VARIABLE })];
    await expect(start({ imports })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/option "encryptionKey": it is undefined/),
    });
  });

  it.each([
    ['forRoot', () => BackupModule.forRoot(new GetterOptions())],
    ['forRootAsync', () => BackupModule.forRootAsync({ useFactory: () => new GetterOptions(), guards })],
  ])('reads getters of a class that is given to %s', async (_, module) => {
    const host = await start({ imports: () => [module()] });
    const { encryptionKey, appVersion } = host.app.get(BACKUP_OPTIONS, { strict: false });
    expect({ hasKey: encryptionKey !== null, appVersion }).toEqual({ hasKey: true, appVersion: 'from getters' });
  });

  it('refuses to start with options that depend on a request', async () => {
    const module = BackupModule.forRootAsync({ inject: [REQUEST], useFactory: () => ({ backupKey: BACKUP_KEY }) });
    const database = TypeOrmModule.forRoot({ type: 'better-sqlite3', database: ':memory:' });
    const app = await Test.createTestingModule({ imports: [database, module] }).compile();
    await expect(app.init()).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/^BackupModule: its options depend on a request-scoped provider/),
    });
  });

  it('takes its path from forRootAsync', async () => {
    const module = BackupModule.forRootAsync({ useClass: FactoryOfOptions, guards, path: 'ops/dump' });
    const host = await start({ imports: () => [module] });
    expect((await host.post({ path: '/api/v1/ops/dump/' })).status).toBe(200);
    expect((await host.post()).status).toBe(404);
  });

  it('gives its services to every module when it is global, and else to those that import it', async () => {
    @Module({ providers: [NeedsBackups] })
    class Elsewhere {}
    const local = BackupModule.forRoot({});
    const global = BackupModule.forRoot({ isGlobal: true });
    await expect(start({ imports: () => [local, Elsewhere] })).rejects.toThrow(/NeedsBackups/);
    const host = await start({ imports: () => [global, Elsewhere] });
    const { backups } = host.app.get(NeedsBackups, { strict: false });
    const { stream } = await backups.create();
    for await (const _ of stream);
  });

  it('works through its services without a backup key', async () => {
    const host = await start({ imports: () => [BackupModule.forRoot({})] });
    expect((await host.post()).status).toBe(404);
    const { stream } = await host.app.get(BackupService, { strict: false }).create();
    stream.destroy();
  });

  describe('twice in one host', () => {
    let second: TestDatabase;
    let host: Host;
    beforeAll(async () => {
      second = await hosting.engine.create();
      host = await start({
        imports: () => [
          TypeOrmModule.forRoot({
            ...second.options,
            name: 'logs',
            entities: [LogLine],
            synchronize: true,
            retryAttempts: 0,
          } as object),
          BackupModule.forRoot({ backupKey: BACKUP_KEY, appVersion: 'main', guards }),
          BackupModule.forRoot({
            backupKey: OTHER_KEY,
            appVersion: 'logs',
            dataSource: 'logs',
            path: 'utils/backup-logs',
            guards,
          }),
        ],
      });
      await second.query('INSERT INTO log_line DEFAULT VALUES');
    });
    afterAll(async () => {
      await host.close();
      await second.drop();
    });

    it('backs up two DataSources at two paths, each with its own key', async () => {
      const path = '/api/v1/utils/backup-logs/';
      const main = await readBackup((await host.post()).bytes);
      const logs = await readBackup((await host.post({ path, body: { key: OTHER_KEY } })).bytes);
      expect([main.text.VERSION, logs.text.VERSION]).toEqual(['main', 'logs']);
      expect(main.manifest.tables.map(({ name }) => name)).toEqual(['bulk', 'finding', 'project']);
      expect(logs.manifest.tables.map(({ name }) => name)).toEqual(['log_line']);
      expect(logs.lines).toHaveLength(1);
      expect((await host.post({ path })).status).toBe(403);
      expect((await host.post({ body: { key: OTHER_KEY } })).status).toBe(403);
      expect((await host.post({ path, headers: {}, body: { key: OTHER_KEY } })).status).toBe(401);
    });

    it('lets both run at once', async () => {
      const asks = [{}, { path: '/api/v1/utils/backup-logs', body: { key: OTHER_KEY } }];
      expect((await Promise.all(asks.map((ask) => host.post(ask)))).map(({ status }) => status)).toEqual([200, 200]);
    });
  });
});
