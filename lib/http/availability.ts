import { Inject, Injectable, Logger } from '@nestjs/common';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/backup-options.js';
import { stackOf } from '../support/visible-text.js';

/** Whether there are endpoints at all: backups are switched on, and there is a backup key. */
@Injectable()
export class Availability {
  private readonly logger = new Logger(Availability.name);

  constructor(@Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions) {}

  get hasKey(): boolean {
    return this.options.backupKeyDigest !== null;
  }

  /** As the option `enabled` says now; one that throws says no. */
  async isEnabled(): Promise<boolean> {
    try {
      return await this.options.enabled();
    } catch (error) {
      this.logger.error('The option "enabled" threw; backups count as switched off.', stackOf(error));
      return false;
    }
  }
}
