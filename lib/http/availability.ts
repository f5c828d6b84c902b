import { Inject, Injectable, Logger } from '@nestjs/common';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { stackOf } from '../support/visible-text.js';

/** Whether the endpoints exist at all: backups are switched on, and there is a backup key. */
@Injectable()
export class Availability {
  private readonly logger = new Logger(Availability.name);

  constructor(@Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions) {}

  get hasKey(): boolean {
    return this.options.backupKeyDigest !== null;
  }

  /** What the option `enabled` says now; if it throws, no. */
  async isEnabled(): Promise<boolean> {
    try {
      return await this.options.enabled();
    } catch (error) {
      this.logger.error('The option "enabled" threw, so backups are treated as switched off.', stackOf(error));
      return false;
    }
  }
}
