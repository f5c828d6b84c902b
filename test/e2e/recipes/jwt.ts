import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';

@Injectable()
export class JwtGuard implements CanActivate {
  constructor(private readonly jwt: JwtService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest();
    const [scheme, token] = String(request.headers.authorization).split(' ');
    try {
      request.user = scheme === 'Bearer' ? await this.jwt.verifyAsync(token!) : undefined;
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }
}
