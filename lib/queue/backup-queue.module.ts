import { getQueueToken } from '@nestjs/bullmq';
import { type DynamicModule, Module } from '@nestjs/common';
import { Queue } from 'bullmq';
import { hostNestProvider } from '../host/host-nest.js';
import { BackupQueue } from './backup-queue.js';
import { BackupWorker } from './backup-worker.js';
import { JobSchedulers } from './job-schedulers.js';
import { QUEUE, QueueConnection } from './queue-connection.js';
import { type BackupQueueOptions, QUEUE_OPTIONS, resolveQueueOptions } from './queue-options.js';

/** Makes each backup a job in Redis, which one worker of a fleet takes. Stands beside `BackupModule`. */
@Module({})
export class BackupQueueModule {
  /** @throws BackupError `INVALID_OPTIONS` */
  static forRoot(options: BackupQueueOptions): DynamicModule {
    const resolved = resolveQueueOptions(options);
    const { queue, connection, prefix } = resolved;
    return {
      module: BackupQueueModule,
      global: true,
      providers: [
        hostNestProvider,
        { provide: QUEUE_OPTIONS, useValue: resolved },
        // Not registered with BullModule, which would wait for a Redis that is gone when the application is closed.
        { provide: getQueueToken(queue), useFactory: () => new Queue(queue, { connection, prefix }) },
        { provide: QUEUE, useExisting: getQueueToken(queue) },
        QueueConnection,
        JobSchedulers,
        BackupWorker,
        BackupQueue,
      ],
      exports: [BackupQueue, getQueueToken(queue)],
    };
  }
}
