import { type CanActivate, type ExecutionContext, Injectable, type Type } from '@nestjs/common';
import { AvailabilityGuard } from '../../http/availability.guard.js';
import { BackupKeyGuard } from '../../http/backup-key.guard.js';
import { HostGuardsGuard } from '../../http/host-guards.guard.js';
import { JsonBodyGuard } from '../../http/json-body.guard.js';
import { SystemUserGuard } from '../../http/system-user.guard.js';
import { BackupCore } from '../backup-core.js';

const SEE: ReadonlyArray<Type<CanActivate>> = [AvailabilityGuard, HostGuardsGuard, SystemUserGuard];

/** The guards of the endpoint, as `BackupModule` has made them. */
async function pass(core: BackupCore, guards: ReadonlyArray<Type<CanActivate>>, context: ExecutionContext) {
  for (const guard of guards) if (!(await core.get(guard).canActivate(context))) return false;
  return true;
}

/** For what only shows: a system user. */
@Injectable()
export class SeeGuard implements CanActivate {
  constructor(private readonly core: BackupCore) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!(await pass(this.core, SEE, context))) return false;
    this.core.requests.next(context.switchToHttp().getRequest<object>(), 'INVALID_BODY');
    return true;
  }
}

/** For what does something: a system user with the backup key. */
@Injectable()
export class ActGuard implements CanActivate {
  constructor(private readonly core: BackupCore) {}

  canActivate(context: ExecutionContext): Promise<boolean> {
    return pass(this.core, [...SEE, JsonBodyGuard, BackupKeyGuard], context);
  }
}
