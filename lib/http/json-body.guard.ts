import { type CanActivate, type ExecutionContext, Injectable, UnsupportedMediaTypeException } from '@nestjs/common';
import { RequestAudit } from './request-audit.service.js';

/** Refuses everything but `application/json`, so that a form on another site cannot start a backup. */
@Injectable()
export class JsonBodyGuard implements CanActivate {
  constructor(private readonly requests: RequestAudit) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
    const type = request.headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase();
    if (type === 'application/json') return true;
    throw this.requests.refused(request, 'NOT_JSON', notJson());
  }
}

export function notJson(): UnsupportedMediaTypeException {
  return new UnsupportedMediaTypeException('Send the body as application/json.');
}
