import { getQueueToken } from '@nestjs/bullmq';
import {
  ConfigurableModuleBuilder,
  type ConfigurableModuleCls,
  type DynamicModule,
  Module,
  type Provider,
} from '@nestjs/common';
import { Queue } from 'bullmq';
import { hostNestProvider } from '../host/host-nest.js';
import { refuseRequestScope } from '../host/request-scope.js';
import { spelledOut } from '../support/read-options.js';
import { BackupQueue } from './backup-queue.js';
import { BackupWorker } from './backup-worker.js';
import { JobSchedulers } from './job-schedulers.js';
import { QUEUE, QueueConnection } from './queue-connection.js';
import {
  type BackupQueueExtras,
  type BackupQueueOptions,
  checkQueueName,
  DEFAULT_QUEUE,
  KNOWN_OPTIONS,
  QUEUE_OPTIONS,
  type ResolvedQueueOptions,
  resolveQueueOptions,
} from './queue-options.js';

const built = new ConfigurableModuleBuilder<BackupQueueOptions>({ moduleName: 'BackupQueue' })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createBackupQueueOptions')
  // The queue's name is needed before the options are: it is the token that the module exports.
  .setExtras<BackupQueueExtras>({ queue: undefined }, (definition, { queue = DEFAULT_QUEUE }) => {
    checkQueueName(queue);
    return {
      ...definition,
      global: true,
      providers: [...(definition.providers ?? []), ...providersOf(queue)],
      exports: [BackupQueue, getQueueToken(queue)],
    };
  })
  .build();

/** Its type is written out: what the compiler makes of it by itself, compilers before 5.3 cannot read. */
const ConfigurableModuleClass: ConfigurableModuleCls<
  BackupQueueOptions,
  'forRoot',
  'createBackupQueueOptions',
  BackupQueueExtras
> = built.ConfigurableModuleClass;

/**
 * Makes each backup a job in Redis, which one worker of a fleet takes: `forRoot(options)`, `forRootAsync(factory)`. Stands
 * beside `BackupModule`.
 */
@Module({
  providers: [
    hostNestProvider,
    refuseRequestScope(built.MODULE_OPTIONS_TOKEN, 'queue'),
    QueueConnection,
    JobSchedulers,
    BackupWorker,
    BackupQueue,
  ],
})
export class BackupQueueModule extends ConfigurableModuleClass {
  /** @throws BackupError `INVALID_OPTIONS` */
  static override forRoot(options: BackupQueueOptions & BackupQueueExtras): DynamicModule {
    resolveQueueOptions(options, options.queue);
    return super.forRoot(spelledOut(options, KNOWN_OPTIONS));
  }
}

function providersOf(queue: string): Provider[] {
  return [
    {
      provide: QUEUE_OPTIONS,
      inject: [built.MODULE_OPTIONS_TOKEN],
      useFactory: (given?: BackupQueueOptions) => resolveQueueOptions(given, queue),
    },
    // Not registered with BullModule, which would wait for a Redis that is gone when the application is closed.
    {
      provide: getQueueToken(queue),
      inject: [QUEUE_OPTIONS],
      useFactory: ({ connection, prefix }: ResolvedQueueOptions) => new Queue(queue, { connection, prefix }),
    },
    { provide: QUEUE, useExisting: getQueueToken(queue) },
  ];
}
