import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { setTimeout as sleep } from 'node:timers/promises';
import { BackupError } from '../backup.errors.js';
import type { BackupJobData, BackupJobResult } from './backup-job.js';
import { QUEUE_OPTIONS, type ResolvedQueueOptions } from './queue-options.js';
import { withoutSecrets } from './redis-secrets.js';
import { within } from './within.js';

/** Injection token of the queue of BullMQ. */
export const QUEUE = Symbol('nestjs-backup:queue');

export type BackupJobQueue = Queue<BackupJobData, BackupJobResult>;

const PATIENCE_MS = 5_000;
const PROBE_MS = 1_000;

/** The queue's connection to Redis: whether it is there, and what to say when it is not. */
@Injectable()
export class QueueConnection implements OnModuleDestroy {
  private readonly logger = new Logger('BackupModule');
  private isDown = false;
  private isClosing = false;

  constructor(
    @Inject(QUEUE) readonly queue: BackupJobQueue,
    @Inject(QUEUE_OPTIONS) private readonly options: ResolvedQueueOptions,
  ) {
    queue.on('error', this.failed);
  }

  /** A listener to `error` of BullMQ: one line for each outage, however often it is tried to connect. */
  readonly failed = (error: Error): void => {
    if (this.isDown || this.isClosing) return;
    this.isDown = true;
    const said = withoutSecrets(error.message, this.options.connection);
    const isUnreachable = isOfConnection(error);
    if (isUnreachable) this.logger.error(`Redis does not answer, so no queued backup begins until it does: ${said}`);
    else this.logger.warn(`The queue of backups: ${said}`);
    void this.whenBack().then(() => {
      this.isDown = false;
      if (isUnreachable && !this.isClosing) this.logger.log('Redis answers again.');
    });
  };

  /**
   * Asks Redis, which must answer soon.
   * @throws BackupError `DATABASE_UNAVAILABLE`
   */
  async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    try {
      // What is written to a connection that is down would be done whenever it is back.
      await within(PATIENCE_MS, this.queue.isPaused(), () => new Error('no answer'));
      return await within(PATIENCE_MS, question(), () => new Error('no answer'));
    } catch (cause) {
      const message = 'Redis, which has the queue of backups, does not answer. Check that it runs, then try again.';
      const text = withoutSecrets((cause as Error).message, this.options.connection);
      throw new BackupError('DATABASE_UNAVAILABLE', message, { cause: new Error(text) });
    }
  }

  async answers(): Promise<boolean> {
    return this.ask(async () => true).catch(() => false);
  }

  async onModuleDestroy(): Promise<void> {
    this.isClosing = true;
    await within(PATIENCE_MS, this.queue.close(), () => new Error('no answer')).catch(() => {});
  }

  private async whenBack(): Promise<void> {
    while (!this.isClosing) {
      await sleep(PROBE_MS, undefined, { ref: false });
      if (
        await this.queue
          .isPaused()
          .then(() => true)
          .catch(() => false)
      )
        return;
    }
  }
}

function isOfConnection({ message, ...error }: Error): boolean {
  return ('code' in error && typeof error.code === 'string') || /closed|ECONN|could not load/i.test(message);
}
