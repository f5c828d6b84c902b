import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/backup-options.js';
import { Requests } from './requests.js';

/** Lets system users pass, and nobody else: 401 without `request.user`, 403 for every other user, superusers included. */
@Injectable()
export class SystemUserGuard implements CanActivate {
  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly requests: Requests,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ user?: unknown }>();
    if (request.user === undefined || request.user === null) {
      throw this.requests.refused(request, 'NOT_LOGGED_IN', new UnauthorizedException());
    }
    if (await this.options.isSystemUser(request.user, request)) return true;
    const exception = new ForbiddenException('Only system users can make backups.');
    throw this.requests.refused(request, 'NOT_SYSTEM_USER', exception);
  }
}
