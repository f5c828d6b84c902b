import { type DynamicModule, Injectable, Module, Scope } from '@nestjs/common';
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule';
import type { BackupModuleOptions } from 'nestjs-backup';
import {
  BackupScheduleModule,
  type BackupScheduleOptions,
  type BackupScheduleOptionsFactory,
} from '../../lib/schedule/index.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';
import { scheduledApps, stored, YEARLY } from './support/scheduled-app.js';

@Injectable()
class ScheduleFactory implements BackupScheduleOptionsFactory {
  createBackupScheduleOptions(): BackupScheduleOptions {
    return { schedules: [YEARLY], restoreTests: [{ ...YEARLY, name: 'tests', catchUp: false }] };
  }
}

@Module({ providers: [ScheduleFactory], exports: [ScheduleFactory] })
class ScheduleFactoryModule {}

@Injectable({ scope: Scope.REQUEST })
class Tenant {}

@Module({ providers: [Tenant], exports: [Tenant] })
class TenantModule {}

const yearly = (): BackupScheduleOptions => ({ schedules: [YEARLY] });

describe('A schedule', () => {
  const { apps, start } = scheduledApps();

  it.each<[string, DynamicModule]>([
    [
      'useFactory',
      BackupScheduleModule.forRootAsync({
        imports: [ScheduleFactoryModule],
        inject: [ScheduleFactory],
        useFactory: async (factory: ScheduleFactory) => factory.createBackupScheduleOptions(),
      }),
    ],
    ['useClass', BackupScheduleModule.forRootAsync({ useClass: ScheduleFactory })],
    [
      'useExisting',
      BackupScheduleModule.forRootAsync({ imports: [ScheduleFactoryModule], useExisting: ScheduleFactory }),
    ],
  ])('takes its options from %s', async (_, module) => {
    const store = await start(module, { encryptionKey: AES_KEY });
    await until('it is there', async () => (await stored(store)).length === 1, 10_000);
    const jobs = apps.at(-1)!.get(SchedulerRegistry, { strict: false }).getCronJobs();
    expect([...jobs.keys()].toSorted()).toEqual(['nestjs-backup:default', 'nestjs-backup:restore-test:tests']);
  });

  it('takes recipients for encryption', async () => {
    const recipients = ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'];
    const store = await start(BackupScheduleModule.forRoot(yearly()), { recipients });
    await until('it is there', async () => (await stored(store)).length === 1, 10_000);
    const [backup] = await stored(store);
    expect(backup).toMatchObject({ encrypted: true, archive: expect.stringMatching(/\.zip\.age$/) });
  });

  it.each<[string, BackupScheduleOptions, BackupModuleOptions, RegExp]>([
    [
      'without a key',
      { schedules: [YEARLY] },
      {},
      /"encryptionKey": backups of the schedule would be stored unencrypted/,
    ],
    [
      'with a key that is none',
      { schedules: [YEARLY] },
      { encryptionKey: 'short' },
      /"encryptionKey": the value is not an AES key/,
    ],
    [
      'with recipients that are missing',
      { schedules: [YEARLY], allowPlaintext: true },
      { recipients: [] },
      /"recipients": it is empty, so backups would not be encrypted/,
    ],
    [
      'of a restore test that cannot open its backups',
      { schedules: [], restoreTests: [YEARLY] },
      { recipients: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'] },
      /"restoreTests": backups are encrypted to recipients, so they cannot be opened here/,
    ],
    [
      'to a destination that is not there',
      { schedules: [{ ...YEARLY, destinations: ['nas'] }] },
      { encryptionKey: AES_KEY },
      /destination "nas", but BackupModule has vault/,
    ],
    [
      'without a destination',
      { schedules: [{ ...YEARLY, destinations: [] }] },
      {},
      /destinations": no destination is named/,
    ],
    ['twice of one name', { schedules: [YEARLY, YEARLY] }, {}, /"default" is used twice/],
    [
      'that is to prune without a policy',
      { schedules: [{ ...YEARLY, prune: true }] },
      { encryptionKey: AES_KEY },
      /"default" has prune: true, but the option "retention" is not set/,
    ],
    [
      'that is to prune without a key',
      { allowPlaintext: true, schedules: [{ ...YEARLY, prune: true }] },
      { retention: { last: 1 } },
      /"default" has prune: true, but without a key, backups of this application cannot be told/,
    ],
    ['with nothing in it', { schedules: [] }, {}, /there is none/],
    ...['daily', '', '* * *', '0 25 * * *', '0 0 30 2 *'].map((cron): [string, object, BackupModuleOptions, RegExp] => [
      `with a cron expression that is none, "${cron}",`,
      { schedules: [YEARLY, { ...YEARLY, name: 'other', cron }] },
      { encryptionKey: AES_KEY },
      /BackupScheduleModule option "schedules\[1\].cron": ".*" is not a valid cron expression.*\('0 3 \* \* \*'.*'30 0 3 \* \* \*'/,
    ]),
    ...['Mars/Base', 'UTC+3', ''].map((timeZone): [string, object, BackupModuleOptions, RegExp] => [
      `with a time zone that nobody knows, "${timeZone}",`,
      { schedules: [YEARLY], restoreTests: [{ ...YEARLY, timeZone }] },
      { encryptionKey: AES_KEY },
      /BackupScheduleModule option "restoreTests\[0\].timeZone": it is not a time zone.* 'Europe\/Berlin'/,
    ]),
    [
      'with a restore test of nothing',
      { restoreTests: [{ ...YEARLY, destinations: [] }] },
      {},
      /restoreTests\[0\].destinations": no destination is named/,
    ],
  ])('%s stops the application at startup', async (_, schedule, options, message) => {
    await expect((async () => start(schedule, options))()).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['nothing', undefined, /BackupScheduleModule: its options are not an object \(undefined\)/],
    ['null', null, /BackupScheduleModule: its options are not an object \(null\)/],
    ['text', 'nightly', /BackupScheduleModule: its options are not an object \(string\)/],
    ['an option that does not exist', { schedules: [YEARLY], restoreTest: [] }, /"restoreTest": unknown option/],
    ['an entry that is null', { schedules: [null] }, /"schedules\[0\]": it is not an object/],
    ['an entry with an unknown option', { schedules: [{ ...YEARLY, to: 1 }] }, /"schedules\[0\].to": unknown option/],
  ])('of a factory that gives %s stops the application at startup', async (_, given, message) => {
    const module = BackupScheduleModule.forRootAsync({ useFactory: () => given as never });
    await expect(start(module, { encryptionKey: AES_KEY })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(message),
    });
  });

  it('of a factory that needs something of a request stops the application at startup', async () => {
    const module = BackupScheduleModule.forRootAsync({ imports: [TenantModule], inject: [Tenant], useFactory: yearly });
    await expect(start(module, { encryptionKey: AES_KEY })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/BackupScheduleModule: its options depend on a request-scoped .* default scope/),
    });
  });

  it.each(['forRoot', 'forRootAsync'] as const)('may be getters of a class: %s', async (form) => {
    class Entry {
      readonly cron = YEARLY.cron;
      get destinations() {
        return YEARLY.destinations;
      }
      get name() {
        return 'of-a-class';
      }
      get catchUp() {
        return false;
      }
    }
    class Options {
      get schedules() {
        return [new Entry()];
      }
      get allowPlaintext() {
        return true;
      }
    }
    const module =
      form === 'forRoot'
        ? BackupScheduleModule.forRoot(new Options())
        : BackupScheduleModule.forRootAsync({ useFactory: () => new Options() });
    await start(module);
    expect(apps[0]!.get(SchedulerRegistry, { strict: false }).doesExist('cron', 'nestjs-backup:of-a-class')).toBe(true);
  });

  it('that is wrong is refused where forRoot is called', () => {
    const refused = { code: 'INVALID_OPTIONS' };
    expect(() => BackupScheduleModule.forRoot({ schedules: [{ ...YEARLY, timeZone: 'Mars/Base' }] })).toThrow(
      expect.objectContaining(refused),
    );
    expect(() => BackupScheduleModule.forRoot({})).toThrow(expect.objectContaining(refused));
  });

  it('needs the scheduler of the application, of which there is one', async () => {
    await expect(start({ schedules: [YEARLY] }, { encryptionKey: AES_KEY }, [])).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(
        /needs ScheduleModule.forRoot\(\) of @nestjs\/schedule, which the application does not import\. Import ScheduleModule/,
      ),
    });
  });

  it('stops the application at startup where the scheduler makes no cron jobs', async () => {
    const silent = [ScheduleModule.forRoot({ cronJobs: false })];
    await expect(start({ schedules: [YEARLY] }, { encryptionKey: AES_KEY }, silent)).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/makes no cron jobs, so there would be no backups\. .*cronJobs: false/),
    });
  });
});
