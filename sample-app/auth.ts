import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import { Body, Controller, Get, Header, HttpStatus, Post, Res, UnauthorizedException } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { EntityManager } from 'typeorm';
import { User } from './entities.js';

const sessions = new Map<string, User>();

export function hashPassword(password: string, salt = randomBytes(16).toString('hex')): string {
  return `${salt}:${scryptSync(password, salt, 32).toString('hex')}`;
}

/** For the page of the backups, which a browser opens. */
const FORM = `<!doctype html><title>Log in</title><form method="post">
  <input name="username" value="system"> <input name="password" type="password" value="system-password">
  <button name="then" value="../utils/backup/page">Log in</button></form>`;

@Controller('auth')
export class AuthController {
  constructor(private readonly manager: EntityManager) {}

  @Get('login')
  @Header('Content-Type', 'text/html')
  form() {
    return FORM;
  }

  @Post('login')
  async login(@Body() body: Record<string, unknown> = {}, @Res({ passthrough: true }) response: Response) {
    const users = this.manager.createQueryBuilder(User, 'user').addSelect('user.passwordHash');
    const user = await users.where({ username: String(body.username) }).getOne();
    const expected = user?.passwordHash ?? hashPassword('nobody');
    const given = hashPassword(String(body.password), expected.split(':')[0]);
    if (!timingSafeEqual(Buffer.from(given), Buffer.from(expected)) || !user) throw new UnauthorizedException();
    const id = randomBytes(32).toString('hex');
    sessions.set(id, user);
    response.cookie('sessionid', id, { httpOnly: true, sameSite: 'lax' });
    if (body.then === '../utils/backup/page') response.status(HttpStatus.SEE_OTHER).location(body.then);
  }
}

export function session(request: Request & { user?: User }, _response: Response, next: NextFunction): void {
  request.user = sessions.get(/\bsessionid=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? '');
  next();
}
