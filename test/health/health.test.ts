import { jest } from '@jest/globals';
import { type DynamicModule, Module } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { type BackupModuleOptions, RestoreService } from 'nestjs-backup';
import { HEALTH_LIMITS, resolveHealth } from '../../lib/health/health-options.js';
import {
  BackupHealthIndicator,
  BackupHealthModule,
  type BackupHealthOptions,
  type BackupHealthOptionsFactory,
} from '../../lib/health/index.js';
import { keyPair } from '../fixtures/age.js';
import { engine } from '../fixtures/databases.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { StoringHost } from '../fixtures/storing-host.js';
import { until } from '../fixtures/wait.js';

const DAY_MS = 86_400_000;

class HealthFactory implements BackupHealthOptionsFactory {
  createBackupHealthOptions(): BackupHealthOptions {
    return { maxRestoreTestAgeDays: 7 };
  }
}

@Module({ providers: [HealthFactory], exports: [HealthFactory] })
class HealthFactoryModule {}

describe('The health of backups', () => {
  let host: StoringHost;
  let vault: MemoryDestination;
  beforeEach(() => {
    vault = new MemoryDestination();
  });
  afterEach(() => host.close());

  const start = async (options: BackupHealthOptions = {}, backup: BackupModuleOptions = {}) => {
    const health = BackupHealthModule.forRoot(options);
    health.providers!.push({ provide: HEALTH_LIMITS, useValue: { ...resolveHealth(options), lookEveryMs: 100 } });
    await startWith(health, backup);
  };
  const startWith = async (health: DynamicModule, backup: BackupModuleOptions = {}) => {
    const more = [TerminusModule.forRoot({ logger: false }), health];
    host = await StoringHost.start(engine('better-sqlite3'), { vault }, backup, {}, more);
  };
  /** As the endpoint of an application answers. */
  const check = async () => {
    const indicator = host.app.get(BackupHealthIndicator, { strict: false });
    const health = host.app.get(HealthCheckService, { strict: false });
    return health.check([() => indicator.isHealthy('backup')]).catch((error) => error.getResponse());
  };
  /** Lets what is stored have happened so many milliseconds ago. */
  const age = (milliseconds: number) => {
    for (const [name, content] of vault.objects) {
      if (!name.endsWith('.json')) continue;
      const summary = JSON.parse(content.toString());
      const finishedAt = new Date(Date.now() - milliseconds).toISOString();
      vault.objects.set(name, Buffer.from(JSON.stringify({ ...summary, createdAt: finishedAt, finishedAt })));
    }
  };
  const missing = () => host.events().filter(({ event }) => event === 'backup.missing');

  it('is bad without any backup, good with one, and says when that was', async () => {
    await start();
    expect(await check()).toMatchObject({
      status: 'error',
      error: { backup: { status: 'down', lastBackup: null, message: 'No good backup is known.' } },
    });
    const { manifest } = await host.store.store({ destinations: ['vault'] });
    const { status, details } = await check();
    expect({ status, ...details.backup }).toMatchObject({ status: 'up', lastBackupAgeSeconds: expect.any(Number) });
    const { at } = host.events().find(({ event }) => event === 'backup.finished')!;
    expect(details.backup.lastBackup).toBe(String(at));
    expect(Date.parse(details.backup.lastBackup)).toBeGreaterThanOrEqual(Date.parse(manifest.finishedAt));
    expect(details.backup).toMatchObject({ lastRestoreTest: null, lastRestoreTestAgeSeconds: null });
  });

  it('is bad when the last good backup is too old', async () => {
    await start();
    await host.store.store({ destinations: ['vault'] });
    await host.close();
    age(31 * DAY_MS);
    await start();
    const message = 'The last good backup is 31 days old, and 30 are allowed.';
    expect(await check()).toMatchObject({
      error: { backup: { status: 'down', message, lastBackupAgeSeconds: 31 * 86_400 } },
    });
    await host.close();
    await start({ maxBackupAgeDays: 32 });
    expect(await check()).toMatchObject({ status: 'ok' });
  });

  it('asks for a restore test where it is told to', async () => {
    await start({ maxRestoreTestAgeDays: 7 });
    await host.store.store({ destinations: ['vault'] });
    expect(await check()).toMatchObject({ error: { backup: { message: 'No restore test is known.' } } });
    await host.app.get(RestoreService).verify({ destination: 'vault', id: 'latest' });
    expect(await check()).toMatchObject({ status: 'error' });
    await host.app.get(RestoreService).verify({ destination: 'vault', id: 'latest' }, { restore: true });
    const { status, details } = await check();
    const { at } = host.events().find((event) => 'restoreTest' in event)!;
    expect({ status, last: details.backup.lastRestoreTest }).toEqual({ status: 'ok', last: String(at) });
  });

  it('warns where no key of the last good backup is configured any more, and is not bad because of it', async () => {
    const [former, present] = [(await keyPair()).recipient, (await keyPair()).recipient];
    const changeTo = async (recipients: string[]) => {
      await host?.close();
      await start({}, { recipients });
      const { status, details } = await check();
      return { status, warning: details.backup.warning };
    };
    await start({}, { recipients: [former] });
    await host.store.store({ destinations: ['vault'] });
    const warning = `The last good backup in "vault" was made for none of the keys that are configured. Make a new one, and keep the older key until then.`;
    expect(await changeTo([present])).toEqual({ status: 'ok', warning });
    expect(await changeTo([present, former])).toEqual({ status: 'ok', warning: undefined });
    expect(await changeTo([present])).toEqual({ status: 'ok', warning });
    await host.store.store({ destinations: ['vault'] });
    expect((await check()).details.backup).not.toHaveProperty('warning');
  });

  it('does not believe a summary without a seal that names other keys', async () => {
    await start({}, { encryptionKey: AES_KEY });
    await host.store.store({ destinations: ['vault'] });
    for (const [name, content] of vault.objects) {
      if (!name.endsWith('.json')) continue;
      const { seal: _, ...summary } = JSON.parse(content.toString());
      vault.objects.set(name, Buffer.from(JSON.stringify({ ...summary, keyIds: ['0123456789abcdef'] })));
    }
    await host.close();
    await start({}, { encryptionKey: AES_KEY });
    expect((await host.store.list('vault'))[0]).toMatchObject({ origin: 'unsealed', isKeyConfigured: false });
    const { status, details } = await check();
    expect({ status, ...details.backup }).toMatchObject({ status: 'up', lastBackup: expect.any(String) });
    expect(details.backup).not.toHaveProperty('warning');
  });

  it('names destinations that cannot be read', async () => {
    vault.faults.list = true;
    await start();
    expect(await check()).toMatchObject({ error: { backup: { unreadableDestinations: ['vault'] } } });
  });

  it('tells once that a backup is missing, when its time is over', async () => {
    await start();
    await until('it is told that there is none', async () => missing().length === 1);
    expect(missing()).toMatchObject([{ lastBackup: null, days: 30, via: 'code' }]);
    await host.store.store({ destinations: ['vault'] });
    await host.close();
    age(30 * DAY_MS - 600_000);
    await start();
    await check();
    expect(missing()).toEqual([]);
    const { now } = Date;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + 600_000);
    await until('it is told that it is old', async () => missing().length === 1, 10_000);
    await new Promise((resolve) => setTimeout(resolve, 500));
    clock.mockRestore();
    expect(missing()).toMatchObject([{ lastBackup: expect.stringMatching(/Z$/) }]);
  });

  it.each([
    [
      'useFactory',
      BackupHealthModule.forRootAsync({
        imports: [HealthFactoryModule],
        inject: [HealthFactory],
        useFactory: async (factory: HealthFactory) => factory.createBackupHealthOptions(),
      }),
    ],
    ['useClass', BackupHealthModule.forRootAsync({ useClass: HealthFactory })],
    ['useExisting', BackupHealthModule.forRootAsync({ imports: [HealthFactoryModule], useExisting: HealthFactory })],
  ])('takes its options from %s', async (_, health) => {
    await startWith(health);
    await host.store.store({ destinations: ['vault'] });
    expect(await check()).toMatchObject({ error: { backup: { message: 'No restore test is known.' } } });
  });

  it('stops the application at startup when a factory gives what it refuses', async () => {
    await start();
    const health = BackupHealthModule.forRootAsync({ useFactory: () => ({ maxBackupAgeDays: 0 }) });
    await expect(Test.createTestingModule({ imports: [health] }).compile()).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/BackupHealthModule option "maxBackupAgeDays"/),
    });
  });

  it.each([
    [{ maxBackupAgeDays: 0 }, /BackupHealthModule option "maxBackupAgeDays"/],
    [{ maxRestoreTestAgeDays: Number.NaN }, /BackupHealthModule option "maxRestoreTestAgeDays"/],
  ])('refuses %j', async (options, message) => {
    await start();
    expect(() => BackupHealthModule.forRoot(options)).toThrow(message);
  });

  it.each([
    ['null', null, /BackupHealthModule: its options are not an object \(null\)/],
    ['an option that does not exist', { maxAgeDays: 3 }, /BackupHealthModule option "maxAgeDays": unknown option/],
  ])('stops the application at startup when a factory gives %s', async (_, given, message) => {
    await start();
    const health = BackupHealthModule.forRootAsync({ useFactory: () => given as BackupHealthOptions });
    await expect(Test.createTestingModule({ imports: [health] }).compile()).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(message),
    });
  });

  it('stops the application at startup when a factory needs something of a request', async () => {
    const useFactory = () => ({});
    await expect(startWith(BackupHealthModule.forRootAsync({ inject: [REQUEST], useFactory }))).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/BackupHealthModule: its options depend on a request-scoped provider/),
    });
    await start();
  });

  it('reads getters of a class', async () => {
    class Limits {
      get maxBackupAgeDays() {
        return 3;
      }
    }
    expect(resolveHealth(new Limits())).toMatchObject({ backupDays: 3 });
    await start();
  });

  it('needs BackupModule', async () => {
    await start();
    const app = await Test.createTestingModule({ imports: [BackupHealthModule.forRoot()] }).compile();
    await expect(app.init()).rejects.toMatchObject({
      message: expect.stringMatching(
        /needs BackupModule, which the application does not import. Import BackupModule once/,
      ),
    });
  });
});
