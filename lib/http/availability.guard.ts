import { type CanActivate, type ExecutionContext, Inject, Injectable, Logger, NotFoundException } from '@nestjs/common';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/backup-options.js';

/** First of our guards: where backups are switched off, or no backup key is configured, the endpoint does not exist. */
@Injectable()
export class AvailabilityGuard implements CanActivate {
  private readonly logger = new Logger('BackupModule');

  constructor(@Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ method: string; url: string }>();
    if (this.options.backupKeyDigest && (await this.isEnabled())) return true;
    throw new NotFoundException(`Cannot ${request.method} ${request.url}`);
  }

  private async isEnabled(): Promise<boolean> {
    try {
      return await this.options.enabled();
    } catch (error) {
      this.logger.error('The option "enabled" threw; backups count as switched off.', error);
      return false;
    }
  }
}
