import {
  BadRequestException,
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  Inject,
  Injectable,
} from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { BACKUP_OPTIONS, type ResolvedBackupOptions } from '../options/backup-options.js';
import { digestOf } from '../options/resolve-options.js';

/** Lets requests pass whose body holds the backup key; digests are compared, in constant time. */
@Injectable()
export class BackupKeyGuard implements CanActivate {
  constructor(@Inject(BACKUP_OPTIONS) private readonly options: ResolvedBackupOptions) {}

  canActivate(context: ExecutionContext): boolean {
    const { body } = context.switchToHttp().getRequest<{ body?: { key?: unknown } | null }>();
    const key = body?.key;
    if (typeof key !== 'string') throw new BadRequestException(['key must be a string']);
    const expected = this.options.backupKeyDigest;
    if (expected && timingSafeEqual(digestOf(key), expected)) return true;
    throw new ForbiddenException('The backup key is wrong.');
  }
}
