import { type CanActivate, type ExecutionContext, Inject, Injectable, Logger, NotFoundException } from '@nestjs/common';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/backup-options.js';
import { Requests } from './requests.js';
import { stackOf } from '../visible-text.js';

/** First of our guards: where backups are switched off, or no backup key is configured, the endpoint does not exist. */
@Injectable()
export class AvailabilityGuard implements CanActivate {
  private readonly logger = new Logger('BackupModule');

  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly requests: Requests,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ method: string; url: string }>();
    this.requests.watch(context);
    if (this.options.backupKeyDigest && (await this.isEnabled())) return true;
    const exception = new NotFoundException(`Cannot ${request.method} ${request.url}`);
    throw this.requests.refused(request, 'DISABLED', exception);
  }

  private async isEnabled(): Promise<boolean> {
    try {
      return await this.options.enabled();
    } catch (error) {
      this.logger.error('The option "enabled" threw; backups count as switched off.', stackOf(error));
      return false;
    }
  }
}
