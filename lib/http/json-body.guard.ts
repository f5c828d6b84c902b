import { type CanActivate, type ExecutionContext, Injectable, UnsupportedMediaTypeException } from '@nestjs/common';

/** Refuses everything but `application/json`, so that a form on another site cannot start a backup. */
@Injectable()
export class JsonBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string | undefined> }>();
    const type = headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase();
    if (type === 'application/json') return true;
    throw new UnsupportedMediaTypeException('Send the body as application/json.');
  }
}
