import { type CanActivate, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { type User, Users } from './users.js';

/** The user of one request, for every provider of the application that asks for it. */
@Injectable({ scope: Scope.REQUEST })
export class CurrentUser {
  private found?: Promise<User | null>;

  constructor(
    @Inject(REQUEST) readonly request: { headers: Record<string, string>; user?: User | null },
    private readonly users: Users,
  ) {}

  find(): Promise<User | null> {
    return (this.found ??= this.users.byToken(String(this.request.headers['x-api-token'])));
  }
}

@Injectable({ scope: Scope.REQUEST })
export class CurrentUserGuard implements CanActivate {
  constructor(private readonly current: CurrentUser) {}

  async canActivate(): Promise<boolean> {
    this.current.request.user = await this.current.find();
    return true;
  }
}

@Module({ providers: [Users, CurrentUser, CurrentUserGuard], exports: [CurrentUserGuard] })
export class CurrentUserModule {}
