/**
 * Entry `nestjs-backup/queue`; needs the optional peers `@nestjs/bullmq` and `bullmq`.
 * @module nestjs-backup/queue
 */
import './peers.js';

export type { ScheduleEntry } from '../scheduling/schedule-entry.js';
export type { BackupRequest as EnqueueOptions } from '../store/backup-dispatcher.js';
export type { StoredRun } from '../store/stored-runs.js';
export type { BackupJobResult } from './backup-job.js';
export type { QueuedBackup } from './backup-queue.js';
export { BackupQueue } from './backup-queue.js';
export { BackupQueueModule } from './backup-queue.module.js';
export type { BackupQueueExtras, BackupQueueOptions, BackupQueueOptionsFactory } from './queue-options.js';
