import { randomBytes } from 'node:crypto';
import type { DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BackupModule, type BackupModuleOptions, BackupStore, type StoredBackup } from 'nestjs-backup';
import {
  type BackupQueue,
  type BackupQueueExtras,
  BackupQueueModule,
  type BackupQueueOptions,
  type QueuedBackup,
} from '../../lib/queue/index.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { Redis } from '../fixtures/redis.mjs';
import { forget } from '../fixtures/redis-keys.js';
import { AES_KEY, watchForSecrets } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';

/** Three rows, so that there is progress. */
const prepareDatabase = (database: { exec(sql: string): unknown }): void => {
  database.exec('CREATE TABLE note (id INTEGER PRIMARY KEY); INSERT INTO note VALUES (1), (2), (3)');
};

/** Applications of one queue, which have a vault and a nas, in this process. */
export class Fleet {
  readonly prefix = `test-${randomBytes(6).toString('hex')}`;
  readonly vault = new MemoryDestination();
  readonly nas = new MemoryDestination();
  private readonly apps: TestingModule[] = [];

  private constructor(
    private readonly url: string,
    readonly redis: Redis,
  ) {}

  static async gather(url: string): Promise<Fleet> {
    return new Fleet(url, await Redis.connect(url));
  }

  async start(
    queue: Partial<BackupQueueOptions> & BackupQueueExtras = {},
    options: BackupModuleOptions = { encryptionKey: AES_KEY },
  ): Promise<TestingModule> {
    return this.startWith(BackupQueueModule.forRoot({ ...this.usual, ...queue }), options);
  }

  /** What each application gives its queue, unless told otherwise. */
  get usual(): BackupQueueOptions {
    return { connection: { url: this.url }, prefix: this.prefix, worker: true, backoff: 200 };
  }

  async startWith(
    queue: DynamicModule,
    options: BackupModuleOptions = { encryptionKey: AES_KEY },
  ): Promise<TestingModule> {
    const { vault, nas } = this;
    const app = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRoot({ type: 'better-sqlite3', database: ':memory:', prepareDatabase }),
        BackupModule.forRoot({ destinations: { vault, nas }, unmappedTables: 'include', ...options }),
        queue,
      ],
    }).compile();
    this.apps.push(app);
    app.useLogger(false);
    await app.init();
    watchForSecrets(app.get(BackupStore), 'store');
    return app;
  }

  async close(app: TestingModule): Promise<void> {
    this.apps.splice(this.apps.indexOf(app), 1);
    await app.close();
  }

  async end(): Promise<void> {
    for (const app of [...this.apps]) await this.close(app);
    await forget(this.redis, this.prefix);
    this.redis.close();
  }
}

/** Waits until a job is over. */
export async function settled(queue: BackupQueue, jobId: string, within = 20_000): Promise<QueuedBackup> {
  let found: QueuedBackup | null = null;
  const isOver = async () => {
    found = await queue.job(jobId);
    return found?.state === 'completed' || found?.state === 'failed';
  };
  await until(`job ${jobId} is over`, isOver, within);
  return found!;
}

export async function stored(app: TestingModule, name = 'vault'): Promise<StoredBackup[]> {
  return (await app.get(BackupStore).list(name)).filter(({ result }) => result === 'success');
}
