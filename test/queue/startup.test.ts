import { getQueueToken } from '@nestjs/bullmq';
import type { DynamicModule } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Queue } from 'bullmq';
import type { BackupModuleOptions } from 'nestjs-backup';
import {
  BackupQueue,
  BackupQueueModule,
  type BackupQueueOptions,
  type BackupQueueOptionsFactory,
} from '../../lib/queue/index.js';
import { QUEUE_OPTIONS } from '../../lib/queue/queue-options.js';
import { describeWithRedis } from '../fixtures/with-redis.js';
import { Fleet, settled, stored } from './fleet.js';

class QueueFactory implements BackupQueueOptionsFactory {
  constructor(private readonly options: BackupQueueOptions) {}

  createBackupQueueOptions(): BackupQueueOptions {
    return this.options;
  }
}

function moduleOf(options: BackupQueueOptions): DynamicModule {
  const providers = [{ provide: QueueFactory, useValue: new QueueFactory(options) }];
  return { module: class QueueFactoryModule {}, providers, exports: [QueueFactory] };
}

describeWithRedis('An application with a queue', (url) => {
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = await Fleet.gather(url);
  });
  afterEach(() => fleet.end());

  it('refuses destinations that are not there', async () => {
    const queue = (await fleet.start({ worker: false })).get(BackupQueue);
    await expect(queue.enqueue({ destinations: ['tape'] })).rejects.toMatchObject({ code: 'WRONG_USAGE' });
    await expect(queue.enqueue({ destinations: [] })).rejects.toMatchObject({ code: 'WRONG_USAGE' });
  });

  it.each<[string, object, BackupModuleOptions, RegExp]>([
    ['a worker without a key', {}, {}, /"encryptionKey": backups of the queue would be stored unencrypted/],
    ['no connection', { connection: null }, {}, /connection": there is none/],
    ['an address that is none', { connection: { url: 'redis:secret@host' } }, {}, /it is not a Redis URL/],
    ['a colon in the name', { queue: 'a:b' }, {}, /queue": it is not a valid queue name/],
    ['no word on who works', { worker: 'yes' }, {}, /worker": it is neither true nor false/],
    ['no attempt', { attempts: 0 }, {}, /attempts": it is not a whole number, or too small/],
    ['a negative break', { backoff: -1 }, {}, /backoff": it is not a whole number, or too small/],
    ['schedules that are no list', { schedules: {} }, {}, /schedules": it is not a list/],
    ...['daily', '0 25 * * *', '0 0 30 2 *'].map((cron): [string, object, BackupModuleOptions, RegExp] => [
      `"${cron}" for a cron expression`,
      { schedules: [{ cron, destinations: ['vault'] }] },
      {},
      /BackupQueueModule option "schedules\[0\].cron": ".*" is not a valid cron expression.*\(.+\)\. Give five fields \('0 3 \* \* \*'.*'30 0 3 \* \* \*'/,
    ]),
    [
      'a time zone that nobody knows',
      { schedules: [{ cron: '0 3 * * *', timeZone: 'Mars/Base', destinations: ['vault'] }] },
      {},
      /BackupQueueModule option "schedules\[0\].timeZone": it is not a time zone.* 'Europe\/Berlin'/,
    ],
    [
      'a schedule to a destination that is not there',
      { worker: false, schedules: [{ cron: '0 3 * * *', destinations: ['tape'] }] },
      {},
      /destination "tape", but BackupModule has vault, nas/,
    ],
    [
      'a schedule that is to prune without a policy',
      { allowPlaintext: true, schedules: [{ cron: '0 3 * * *', destinations: ['vault'], prune: true }] },
      {},
      /"default" has prune: true, but the option "retention" is not set/,
    ],
    [
      'a schedule that is to prune without a key',
      { allowPlaintext: true, schedules: [{ cron: '0 3 * * *', destinations: ['vault'], prune: true }] },
      { retention: { last: 1 } },
      /"default" has prune: true, but without a key, backups of this application cannot be told/,
    ],
  ])('stops the application at startup: %s', async (_, queue, options, message) => {
    const error = await fleet.start(queue, options).then(
      () => null,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringMatching(message) });
    expect(error!.message).not.toContain('secret');
  });

  it.each<[string, (fleet: Fleet) => DynamicModule]>([
    [
      'useFactory',
      ({ usual }) =>
        BackupQueueModule.forRootAsync({
          imports: [moduleOf(usual)],
          inject: [QueueFactory],
          useFactory: async (factory: QueueFactory) => factory.createBackupQueueOptions(),
        }),
    ],
    [
      'useClass',
      ({ usual }) => {
        class Own extends QueueFactory {
          constructor() {
            super(usual);
          }
        }
        return BackupQueueModule.forRootAsync({ useClass: Own });
      },
    ],
    [
      'useExisting',
      ({ usual }) => BackupQueueModule.forRootAsync({ imports: [moduleOf(usual)], useExisting: QueueFactory }),
    ],
  ])('takes its options from %s', async (_, module) => {
    const app = await fleet.startWith(module(fleet));
    const { jobId } = await app.get(BackupQueue).enqueue({ destinations: ['vault'] });
    expect(await settled(app.get(BackupQueue), jobId)).toMatchObject({ state: 'completed' });
    expect(app.get(getQueueToken('nestjs-backup'), { strict: false })).toBeInstanceOf(Queue);
  });

  it('has the name of its queue beside the factory', async () => {
    const useFactory = () => fleet.usual;
    const app = await fleet.startWith(BackupQueueModule.forRootAsync({ queue: 'nightly', useFactory }));
    expect(app.get<Queue>(getQueueToken('nightly'), { strict: false }).name).toBe('nightly');
    expect(() => BackupQueueModule.forRootAsync({ queue: 'a:b', useFactory })).toThrow(
      /queue": it is not a valid queue name/,
    );
    const late = BackupQueueModule.forRootAsync({ useFactory: () => ({ ...fleet.usual, queue: 'late' }) });
    await expect(fleet.startWith(late)).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/queue": it comes from the factory.* Give it beside the factory/),
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /BackupQueueModule: its options are not an object \(undefined\)/],
    ['null', null, /BackupQueueModule: its options are not an object \(null\)/],
    ['an option that does not exist', { worker: false, allowPlainText: true }, /"allowPlainText": unknown option/],
    ['no word on who works', { connection: {} }, /BackupQueueModule option "worker"/],
  ])('stops the application at startup when a factory gives %s', async (_, given, message) => {
    const module = BackupQueueModule.forRootAsync({ useFactory: () => given as BackupQueueOptions });
    await expect(fleet.startWith(module)).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(message),
    });
  });

  it('reads getters of a class, whether in forRoot or from a factory', async () => {
    const { usual } = fleet;
    class Options {
      get connection() {
        return usual.connection;
      }
      get prefix() {
        return usual.prefix!;
      }
      get worker() {
        return false;
      }
    }
    for (const module of [
      BackupQueueModule.forRoot(new Options()),
      BackupQueueModule.forRootAsync({ useFactory: () => new Options() }),
    ]) {
      const app = await fleet.startWith(module);
      expect(app.get(QUEUE_OPTIONS, { strict: false })).toMatchObject({ prefix: usual.prefix, worker: false });
    }
  });

  it('is refused where a factory needs something of a request', async () => {
    const module = BackupQueueModule.forRootAsync({ inject: [REQUEST], useFactory: () => fleet.usual });
    await expect(fleet.startWith(module)).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/BackupQueueModule: its options depend on a request-scoped provider/),
    });
  });

  it('may store unencrypted backups when it is told to', async () => {
    const app = await fleet.start({ allowPlaintext: true }, {});
    const { jobId } = await app.get(BackupQueue).enqueue({ destinations: ['vault'] });
    await settled(app.get(BackupQueue), jobId);
    expect(await stored(app)).toMatchObject([{ encrypted: false }]);
  });
});
