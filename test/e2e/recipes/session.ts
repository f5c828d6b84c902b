import type { INestApplication } from '@nestjs/common';
import { Controller, type ExecutionContext, HttpCode, Injectable, Module, Post, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportModule, PassportSerializer, PassportStrategy } from '@nestjs/passport';
import session from 'express-session';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { type User, Users } from './users.js';

@Injectable()
export class PasswordStrategy extends PassportStrategy(Strategy) {
  constructor(private readonly users: Users) {
    super();
  }

  /** No user is a 401. */
  async validate(username: string, password: string): Promise<User | false> {
    return (await this.users.byPassword(username, password)) ?? false;
  }
}

/** What the session keeps of a user: the id; the user itself is read anew on each request. */
@Injectable()
export class SessionSerializer extends PassportSerializer {
  constructor(private readonly users: Users) {
    super();
  }

  serializeUser(user: User, done: (error: unknown, id: number) => void): void {
    done(null, user.id);
  }

  async deserializeUser(id: number, done: (error: unknown, user?: User | false) => void): Promise<void> {
    try {
      done(null, (await this.users.byId(id)) ?? false);
    } catch (error) {
      done(error);
    }
  }
}

@Injectable()
export class PasswordGuard extends AuthGuard('local') {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    await super.canActivate(context);
    await super.logIn(context.switchToHttp().getRequest());
    return true;
  }
}

@Controller('login')
export class LoginController {
  @Post()
  @HttpCode(204)
  @UseGuards(PasswordGuard)
  login(): void {}
}

@Module({
  imports: [PassportModule.register({ session: true })],
  controllers: [LoginController],
  providers: [Users, PasswordStrategy, SessionSerializer],
})
export class SessionModule {}

/** In main.ts, before the application listens: sets `request.user` on every request that has a session. */
export function useSessions(app: INestApplication, secret: string): void {
  app.use(
    session({ secret, resave: false, saveUninitialized: false, cookie: { httpOnly: true, sameSite: 'lax' } }),
    passport.initialize(),
    passport.session(),
  );
}
