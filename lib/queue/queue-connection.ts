import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { queueUnavailable } from '../errors/destination-errors.js';
import { withDeadline } from '../support/deadline.js';
import type { BackupJobData, BackupJobResult } from './backup-job.js';
import { QUEUE_OPTIONS, type ResolvedQueueOptions } from './queue-options.js';
import { withoutSecrets } from './redis-secrets.js';

/** Injection token of the queue of BullMQ. */
export const QUEUE = Symbol('nestjs-backup:queue');

export type BackupJobQueue = Queue<BackupJobData, BackupJobResult>;

const ANSWER_TIMEOUT_MS = 5_000;
const PROBE_MS = 1_000;

/** The queue's connection to Redis: whether it is there, and what to say when it is not. */
@Injectable()
export class QueueConnection {
  private readonly logger = new Logger(QueueConnection.name);
  private isQuiet = false;
  private isUnreachable = false;
  private isClosing = false;

  constructor(
    @Inject(QUEUE) readonly queue: BackupJobQueue,
    @Inject(QUEUE_OPTIONS) private readonly options: ResolvedQueueOptions,
  ) {
    queue.on('error', this.failed);
  }

  /** A listener to `error` of BullMQ: one line for each outage, however often it is tried to connect. */
  readonly failed = (error: Error): void => {
    if (this.isQuiet || this.isClosing) return;
    this.isQuiet = true;
    this.isUnreachable = isOfConnection(error);
    const said = withoutSecrets(error.message, this.options.connection);
    if (this.isUnreachable) this.logger.error(`Redis does not answer, so queued backups wait until it does: ${said}`);
    else this.logger.warn(`The queue of backups: ${said}`);
    void this.whenBack().then(() => {
      if (this.isUnreachable && !this.isClosing) this.logger.log('Redis answers again.');
      this.isQuiet = this.isUnreachable = false;
    });
  };

  /**
   * Asks Redis, which must answer soon.
   * @throws BackupError `QUEUE_UNAVAILABLE`
   */
  async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    try {
      // What is written to a connection that is down would be done whenever it is back.
      await withDeadline(ANSWER_TIMEOUT_MS, this.queue.isPaused(), () => new Error('no answer'));
      return await withDeadline(ANSWER_TIMEOUT_MS, question(), () => new Error('no answer'));
    } catch (cause) {
      const text = withoutSecrets((cause as Error).message, this.options.connection);
      throw queueUnavailable(new Error(text));
    }
  }

  async answers(): Promise<boolean> {
    return !this.isUnreachable && this.ask(async () => true).catch(() => false);
  }

  /** What waits for an answer that does not come is given up. */
  async close(): Promise<void> {
    this.isClosing = true;
    const isThere = await this.answers();
    const closed = this.queue.close().catch(() => {});
    if (isThere) await withDeadline(ANSWER_TIMEOUT_MS, closed, () => new Error('no answer')).catch(() => {});
    else void this.queue.disconnect().catch(() => {});
  }

  private async whenBack(): Promise<void> {
    while (!this.isClosing) {
      await sleep(PROBE_MS, undefined, { ref: false });
      const asked = withDeadline(ANSWER_TIMEOUT_MS, this.queue.isPaused(), () => new Error('no answer'));
      const isThere = await asked.then(() => true).catch(() => false);
      if (isThere) return;
    }
  }
}

/** Errors of sockets have a code, those of jobs have none. */
function isOfConnection(error: Error): boolean {
  const isOfSocket = 'code' in error && typeof error.code === 'string';
  return isOfSocket || /closed|ECONN|could not load|NOAUTH|WRONGPASS|LOADING/.test(error.message);
}
