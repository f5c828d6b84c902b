import { type CanActivate, type ExecutionContext, Injectable, NotFoundException } from '@nestjs/common';
import { Availability } from './availability.js';
import { RequestAudit } from './request-audit.service.js';

/** The first of our guards: without a backup key, or with backups switched off, the endpoint does not exist. */
@Injectable()
export class AvailabilityGuard implements CanActivate {
  constructor(
    private readonly availability: Availability,
    private readonly requests: RequestAudit,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<{ method: string; url: string }>();
    this.requests.watch(context);
    if (this.availability.hasKey && (await this.availability.isEnabled())) return true;
    const exception = new NotFoundException(`Cannot ${request.method} ${request.url}`);
    throw this.requests.refused(request, 'DISABLED', exception);
  }
}
