import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Users } from './users.js';

/** Only digests are stored and compared, so neither the database nor the time of an answer tells a token. */
@Injectable()
export class ApiTokenGuard implements CanActivate {
  constructor(private readonly users: Users) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest();
    const token = request.headers['x-api-token'];
    request.user = typeof token === 'string' ? await this.users.byToken(token) : undefined;
    return true;
  }
}
