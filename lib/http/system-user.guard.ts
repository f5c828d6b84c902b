import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { toHttpException } from './error-response.js';
import { RequestAudit } from './request-audit.service.js';

/** The same text for every user. */
const WHO_IS_ONE =
  'Only system users can make backups. The option isSystemUser of BackupModule decides who is one; by default, a user ' +
  'for whom request.user.isSystemUser is true.';

/** Allows only system users: 401 without `request.user`, 403 for every other user, superusers included. */
@Injectable()
export class SystemUserGuard implements CanActivate {
  /** @internal */
  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly requests: RequestAudit,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ user?: unknown }>();
    if (request.user === undefined || request.user === null) {
      throw this.requests.refused(request, 'NOT_LOGGED_IN', new UnauthorizedException());
    }
    if (await this.isSystemUser(request)) return true;
    throw this.requests.refused(request, 'NOT_SYSTEM_USER', new ForbiddenException(WHO_IS_ONE));
  }

  private async isSystemUser(request: { readonly user?: unknown }): Promise<boolean> {
    try {
      return await this.options.isSystemUser(request.user, request);
    } catch (error) {
      throw toHttpException(error);
    }
  }
}
