/** Entry `nestjs-backup/schedule`; needs the optional peer `@nestjs/schedule`. */
export { BackupScheduleModule } from './backup-schedule.module.js';
export type { BackupScheduleOptions, ProofScheduleOptions, ScheduleOptions } from './schedule-options.js';
