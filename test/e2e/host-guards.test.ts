import { type CanActivate, type ExecutionContext, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { BackupModule } from 'nestjs-backup';
import { map, of, timer } from 'rxjs';
import { describeEachAdapter, ENDPOINT, type Host, LoginGuard, users } from '../fixtures/host.js';
import { send } from '../fixtures/http-client.js';
import { BACKUP_KEY, secret } from '../fixtures/secrets.js';

/** The host's own authentication, in a module that the backup module does not import. */
@Injectable()
class Sessions {
  find(id: unknown): object | undefined {
    return users[String(id)];
  }
}

@Injectable()
class SessionGuard implements CanActivate {
  constructor(private readonly sessions: Sessions) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest();
    request.user = this.sessions.find(request.headers['x-user']);
    return true;
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestScopedGuard implements CanActivate {
  constructor(@Inject(REQUEST) private readonly request: any) {}

  canActivate(): boolean {
    this.request.user = users[this.request.headers['x-user']];
    return true;
  }
}

@Injectable()
class CountingGuard implements CanActivate {
  private calls = 0;

  canActivate(): boolean {
    return ++this.calls <= 1;
  }
}

@Module({ providers: [Sessions, SessionGuard] })
class AuthModule {}

@Module({ providers: [RequestScopedGuard] })
class ScopedAuthModule {}

const answering = (answer: any) => ({ canActivate: () => answer });

describeEachAdapter('Guards of the host, given as an extra', ({ start }) => {
  const withGuards = (guards: any[], modules: any[] = []) =>
    start({ imports: () => [...modules, BackupModule.forRoot({ backupKey: BACKUP_KEY, guards })] });

  async function expectLogin(host: Host): Promise<void> {
    const users = [{ 'x-user': 'system' }, { 'x-user': 'regular' }, {}, { 'x-user': 'system' }];
    const statuses = [];
    for (const headers of users) {
      statuses.push((await host.post({ headers: headers as Record<string, string> })).status);
    }
    expect(statuses).toEqual([200, 403, 401, 200]);
  }

  it.each([
    ['a class that nobody provides', [LoginGuard], []],
    ['an instance', [new LoginGuard()], []],
    ['a provider of another module, with dependencies there', [SessionGuard], [AuthModule]],
    ['a request-scoped provider', [RequestScopedGuard], [ScopedAuthModule]],
    ['a request-scoped class that nobody provides', [RequestScopedGuard], []],
    ['several, of which one answers by an observable', [answering(timer(5).pipe(map(() => true))), LoginGuard], []],
    ['several, of which one answers by a promise', [answering(Promise.resolve(true)), LoginGuard], []],
  ])('log the user in: %s', async (_, guards, modules) => {
    await expectLogin(await withGuards(guards, modules));
  });

  it.each([
    ['false', false],
    ['nothing', undefined],
    ['a promise of false', Promise.resolve(false)],
    ['an observable of false', of(false)],
    ['an observable that changes its mind', of(true, false)],
  ])('refuse with 403 when one answers %s', async (_, answer) => {
    const host = await withGuards([LoginGuard, answering(answer)]);
    const refusal = { statusCode: 403, message: 'Forbidden resource', error: 'Forbidden', code: 'FORBIDDEN' };
    expect((await host.post()).json).toEqual(refusal);
  });

  it('let nobody in when one throws', async () => {
    const host = await withGuards([LoginGuard, { canActivate: () => Promise.reject(new Error('no sessions')) }]);
    expect((await host.post()).status).toBe(500);
  });

  it('keep their state when nobody provides them', async () => {
    const host = await withGuards([CountingGuard, LoginGuard]);
    expect([(await host.post()).status, (await host.post()).status]).toEqual([200, 403]);
  });

  it('come before ours, and after the check whether the feature is on', async () => {
    const asked: string[] = [];
    const guard = { canActivate: () => asked.push('guard') > 0 };
    const enabled = () => asked.push('enabled') > 1;
    const host = await start({ options: { enabled }, extras: { guards: [guard] } });
    expect((await host.post({ body: { key: secret('a wrong key') } })).status).toBe(404);
    expect(asked).toEqual(['enabled']);
    expect((await send(host.url + ENDPOINT)).status).toBe(401);
    expect(asked).toEqual(['enabled', 'enabled', 'guard']);
  });
});
