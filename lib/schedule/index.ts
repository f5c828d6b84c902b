/** Entry `nestjs-backup/schedule`; needs the optional peer `@nestjs/schedule`. */
export { BackupScheduleModule } from './backup-schedule.module.js';
export type { BackupScheduleOptions, RestoreTestScheduleOptions, ScheduleOptions } from './schedule-options.js';
