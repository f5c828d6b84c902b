import { timingSafeEqual } from 'node:crypto';
import {
  BadRequestException,
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  HttpException,
  HttpStatus,
  Inject,
  Injectable,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { digestOf } from '../options/resolve-options.js';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/resolved-options.js';
import { RequestAudit } from './request-audit.service.js';
import { WrongKeyLimiter } from './wrong-key-limiter.service.js';

/**
 * Allows requests whose body contains the backup key; digests are compared in constant time. After too many wrong keys the
 * right one is refused too.
 */
@Injectable()
export class BackupKeyGuard implements CanActivate {
  /** @internal */
  constructor(
    @Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions,
    private readonly requests: RequestAudit,
    private readonly wrongKeys: WrongKeyLimiter,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<{ body?: { key?: unknown } | null }>();
    const key = request.body?.key;
    if (typeof key !== 'string') {
      throw this.requests.refused(request, 'KEY_MISSING', new BadRequestException(['key must be a string']));
    }
    const expected = this.options.backupKeyDigest;
    const isRight = expected !== null && timingSafeEqual(digestOf(key), expected);
    const seconds = await this.wrongKeys.count(await this.requests.requester(request), isRight);
    if (seconds !== undefined) {
      this.adapterHost.httpAdapter.setHeader(http.getResponse(), 'Retry-After', String(seconds));
      throw this.requests.refused(request, 'TOO_MANY_WRONG_KEYS', tooMany(seconds));
    }
    if (isRight) {
      this.requests.next(request, 'INVALID_BODY');
      return true;
    }
    throw this.requests.refused(request, 'WRONG_KEY', new ForbiddenException('The backup key is wrong.'));
  }
}

function tooMany(seconds: number): HttpException {
  const message = `There were too many wrong backup keys. Try again in ${seconds} seconds.`;
  const status = HttpStatus.TOO_MANY_REQUESTS;
  return new HttpException(HttpException.createBody(message, 'Too Many Requests', status), status);
}
