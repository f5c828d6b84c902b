/**
 * Entry `nestjs-backup/health`; its indicator is one for `@nestjs/terminus`.
 * @module nestjs-backup/health
 */
export { type BackupHealth, BackupHealthIndicator } from './backup-health.indicator.js';
export { BackupHealthModule } from './backup-health.module.js';
export type { BackupHealthOptions, BackupHealthOptionsFactory } from './health-options.js';
