/**
 * Entry `nestjs-backup/schedule`; needs the optional peer `@nestjs/schedule`.
 * @module nestjs-backup/schedule
 */
import './peers.js';

export type { ScheduleEntry } from '../scheduling/schedule-entry.js';
export { BackupScheduleModule } from './backup-schedule.module.js';
export type {
  BackupScheduleOptions,
  BackupScheduleOptionsFactory,
  RestoreTestScheduleOptions,
  ScheduleOptions,
} from './schedule-options.js';
