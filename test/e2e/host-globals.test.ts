import {
  type ArgumentsHost,
  type CallHandler,
  Catch,
  ClassSerializerInterceptor,
  type ExecutionContext,
  type HttpException,
  type INestApplication,
  type NestInterceptor,
  RequestTimeoutException,
  ValidationPipe,
} from '@nestjs/common';
import { APP_GUARD, Reflector } from '@nestjs/core';
import { map, type Observable, timeout } from 'rxjs';
import { readBackup } from '../fixtures/backup.js';
import { asSystem, body, describeEachAdapter, type Host, type HostSetup, LoginGuard, users } from '../fixtures/host.js';

const asRegular: Record<string, string> = { 'x-user': 'regular' };
const ORIGIN = 'https://app.example';

class WrapInterceptor implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data) => ({ data, wrapped: true })));
  }
}

class PatienceInterceptor implements NestInterceptor {
  constructor(private readonly each: number) {}

  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      timeout({
        each: this.each,
        with: () => {
          throw new RequestTimeoutException();
        },
      }),
    );
  }
}

@Catch()
class TeapotFilter {
  catch(error: HttpException, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse();
    response.status(error.getStatus?.() ?? 500).send({ teapot: (error.getResponse?.() as any)?.message });
  }
}

/** What hosts do to all of their routes. */
const habits: Array<[string, Partial<HostSetup>]> = [
  [
    'a strict global ValidationPipe',
    {
      configure: (app) =>
        app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true, forbidNonWhitelisted: true })),
    },
  ],
  ['a global interceptor that wraps answers', { configure: (app) => app.useGlobalInterceptors(new WrapInterceptor()) }],
  [
    'a global ClassSerializerInterceptor',
    {
      configure: (app) => app.useGlobalInterceptors(new ClassSerializerInterceptor(app.get(Reflector))),
    },
  ],
  [
    'a global interceptor that limits the time',
    { configure: (app) => app.useGlobalInterceptors(new PatienceInterceptor(20_000)) },
  ],
  ['a global exception filter', { configure: (app) => app.useGlobalFilters(new TeapotFilter()) }],
  ['shutdown hooks', { configure: (app) => app.enableShutdownHooks() }],
  ['URI versioning', { configure: (app) => app.enableVersioning() }],
  ['CORS', { configure: (app) => app.enableCors({ origin: ORIGIN, exposedHeaders: 'X-Backup-Id' }) }],
  [
    'a global guard that logs in',
    { providers: [{ provide: APP_GUARD, useClass: LoginGuard }], extras: { guards: [] } },
  ],
  ['a middleware that logs in', { configure: logInByMiddleware, extras: { guards: [] } }],
];

function logInByMiddleware(app: INestApplication): void {
  const logIn = (request: any, _: unknown, next: () => void) => {
    request.user = users[request.headers['x-user']];
    next();
  };
  const { addHook } = app.getHttpAdapter().getInstance();
  if (addHook) app.getHttpAdapter().getInstance().addHook('onRequest', logIn);
  else app.use(logIn);
}

describeEachAdapter('A host with', ({ start }) => {
  it.each(habits)('%s still gets its backups and refusals', async (_, setup) => {
    const host = await start(setup);
    const backup = await host.post();
    expect(backup.status).toBe(200);
    expect((await readBackup(backup.bytes)).manifest.id).toBe(backup.headers['x-backup-id']);
    expect((await host.post({ body: { ...body, check: true } })).text).toBe('{"ok":true}');
    const statuses: number[] = [];
    for (const headers of [{}, asRegular]) statuses.push((await host.post({ headers })).status);
    statuses.push((await host.post({ body: {} })).status, (await host.post({ body: { ...body, extra: 1 } })).status);
    expect(statuses).toEqual([401, 403, 400, 400]);
  });

  it('CORS gets its headers on archives too', async () => {
    const host = await start({ configure: (app) => app.enableCors({ origin: ORIGIN, exposedHeaders: 'X-Backup-Id' }) });
    const headers = { ...asSystem, Origin: ORIGIN };
    for (const ask of [body, { ...body, check: true }, {}]) {
      const answer = await host.post({ headers, body: ask });
      expect(answer.headers['access-control-allow-origin']).toBe(ORIGIN);
      expect(answer.headers['access-control-expose-headers']).toBe('X-Backup-Id');
    }
  });

  it('headers of its own on every answer gets them on archives too', async () => {
    const host = await start({
      configure: (app) => {
        const { addHook } = app.getHttpAdapter().getInstance();
        const onFastify = async (_: unknown, reply: any) => void reply.header('x-host', 'yes');
        if (addHook) {
          app.getHttpAdapter().getInstance().addHook('onRequest', onFastify);
        } else {
          app.use((_: unknown, response: any, next: () => void) => {
            response.setHeader('x-host', 'yes');
            next();
          });
        }
      },
    });
    for (const ask of [body, { ...body, check: true }]) {
      expect((await host.post({ body: ask })).headers['x-host']).toBe('yes');
    }
  });

  it('a filter of its own gets our errors as exceptions', async () => {
    const host = await start({ configure: (app) => app.useGlobalFilters(new TeapotFilter()) });
    const answer = await host.post({ body: {} });
    expect(answer.json).toEqual({ teapot: ['key must be a string'] });
  });

  it('an interceptor that loses patience loses no lock and no connection', async () => {
    const host = await start({ configure: (app) => app.useGlobalInterceptors(new PatienceInterceptor(300)) });
    const runner = host.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE finding IN ACCESS EXCLUSIVE MODE');
    const answer = await host.post();
    await host.unlocked();
    await runner.rollbackTransaction();
    await runner.release();
    expect(answer.status).toBe(408);
  });

  it('a shutdown during a backup lets it come to its end', async () => {
    const host: Host = await start();
    const response = await host.open();
    const closing = host.app.close();
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    await closing;
    expect((await readBackup(Buffer.concat(chunks))).manifest.complete).toBe(true);
  });
});
