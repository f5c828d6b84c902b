import { rename } from 'node:fs/promises';
import {
  type ArgumentsHost,
  BadRequestException,
  Catch,
  HttpException,
  type PipeTransform,
  UnauthorizedException,
} from '@nestjs/common';
import { BackupLog, HistoryService, MetricsService } from 'nestjs-backup';
import { DatabaseService } from '../../lib/database/database.service.js';
import { asSystem, body, describeEachAdapter, ENDPOINT, type Host, type HostSetup } from '../fixtures/host.js';
import type { Answer } from '../fixtures/http-client.js';
import { BACKUP_KEY, secret } from '../fixtures/secrets.js';

const HISTORY = '/api/v1/utils/backuplogs/';
const METRICS = `${ENDPOINT}metrics`;
const read = { method: 'GET', body: undefined };
const wrong = { key: secret('a wrong backup key') };

function expectCoded(answer: Answer, status: number, code: string): void {
  const body = { statusCode: status, error: expect.any(String), code, message: expect.anything() };
  expect({ status: answer.status, ...answer.json }).toMatchObject({ status, ...body });
  expect(answer.json.message.length).toBeGreaterThan(0);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
}

describeEachAdapter('Every answer that is no archive has a code and a message', ({ start }) => {
  let host: Host;
  beforeAll(async () => {
    host = await start({
      entities: [BackupLog],
      extras: { history: true, metrics: true },
      options: { wrongKeys: { limit: 2 } },
    });
  });

  it.each([
    ['nobody is logged in', 401, 'NOT_LOGGED_IN', { headers: {} }],
    ['the user is no system user', 403, 'NOT_SYSTEM_USER', { headers: { 'x-user': 'regular' } }],
    ['the body is text', 415, 'NOT_JSON', { headers: { ...asSystem, 'Content-Type': 'text/plain' } }],
    [
      'the body is a form of several parts',
      415,
      'NOT_JSON',
      { headers: { ...asSystem, 'Content-Type': 'multipart/form-data; boundary=x' }, body: '--x--\r\n' },
    ],
    ['there is no key', 400, 'KEY_MISSING', { body: {} }],
    ['a field is unknown', 400, 'INVALID_BODY', { body: { ...body, extra: 1 } }],
    ['a name is one that every object has', 400, 'INVALID_BODY', { body: { ...body, toString: 1 } }],
    ['a destination is unknown', 400, 'INVALID_BODY', { body: { ...body, destination: 'nowhere' } }],
    [
      'the body is broken JSON',
      400,
      'INVALID_BODY',
      { headers: { ...asSystem, 'Content-Type': 'application/json' }, body: `{"key":"${BACKUP_KEY}"` },
    ],
    ['the body is too large', 413, 'PAYLOAD_TOO_LARGE', { body: { key: 'x'.repeat(2 ** 21) } }],
    ['a page of the history is none', 400, 'INVALID_BODY', { ...read, path: `${HISTORY}?page=0` }],
    ['nobody reads the history', 401, 'NOT_LOGGED_IN', { ...read, path: HISTORY, headers: {} }],
    ['a user reads the metrics', 403, 'NOT_SYSTEM_USER', { ...read, path: METRICS, headers: { 'x-user': 'regular' } }],
  ])('where %s: %i %s', async (_, status, code, ask) => {
    const answer = await host.post(ask);
    expectCoded(answer, status, code);
    expect(answer.text).not.toContain(BACKUP_KEY.slice(0, 8));
  });

  it('where the key is wrong, and wrong once too often', async () => {
    for (const _ of [1, 2]) expectCoded(await host.post({ body: wrong }), 403, 'WRONG_KEY');
    const answer = await host.post({ body: wrong });
    expectCoded(answer, 429, 'TOO_MANY_WRONG_KEYS');
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  });

  it('where another backup runs, and where it fails before its first byte', async () => {
    const other = await start();
    const lock = await other.app.get(DatabaseService, { strict: false }).lock();
    expectCoded(await other.post(), 409, 'LOCKED');
    await lock.release();
    await rename(other.dataDir, `${other.dataDir}-away`);
    expectCoded(await other.post(), 500, 'DIRECTORY_UNREADABLE');
    await rename(`${other.dataDir}-away`, other.dataDir);
  });

  it('where the history or the figures cannot be read, whose error is in the log alone', async () => {
    const extras = { history: true, metrics: true };
    const away = await start({ entities: [BackupLog], extras });
    const fails = () => Promise.reject(new Error('The table is away.'));
    away.app.get(HistoryService, { strict: false }).page = fails;
    away.app.get(MetricsService, { strict: false }).text = fails;
    for (const path of [HISTORY, METRICS]) {
      away.logs.length = 0;
      const answer = await away.post({ ...read, path });
      expectCoded(answer, 500, 'INTERNAL');
      expect(answer.text).not.toContain('away');
      expect(away.logs.join('\n')).toContain('The table is away.');
    }
  });

  it('where a feature is off, but not what its parser refuses, which tells no path from another', async () => {
    const off = await start({ options: { enabled: () => false } });
    expectCoded(await off.post(), 404, 'NOT_FOUND');
    const broken = { headers: { 'Content-Type': 'application/json' }, body: '{' };
    expect((await off.post(broken)).json?.code).not.toBe('INVALID_BODY');
  });
});

class Conflicted extends HttpException {
  constructor() {
    super({ message: 'Not now.', code: 'OF_THE_HOST' }, 409);
  }
}

/** What hosts do themselves on our routes. */
const habits: Array<[string, HostSetup, number, string, string | string[]]> = [
  ['a guard says no', guard(() => false), 403, 'FORBIDDEN', 'Forbidden resource'],
  ['a guard throws', guard(() => Promise.reject(new UnauthorizedException('Log in.'))), 401, 'UNAUTHORIZED', 'Log in.'],
  ['a guard throws text', guard(() => Promise.reject(new HttpException('Pay.', 402))), 402, 'PAYMENT_REQUIRED', 'Pay.'],
  ['a guard throws a code of its own', guard(() => Promise.reject(new Conflicted())), 409, 'OF_THE_HOST', 'Not now.'],
  [
    'isSystemUser throws',
    { options: { isSystemUser: () => Promise.reject(new UnauthorizedException('Too late.')) } },
    401,
    'UNAUTHORIZED',
    'Too late.',
  ],
  [
    'a global pipe throws',
    { configure: (app) => app.useGlobalPipes(new RefusingPipe()) },
    400,
    'BAD_REQUEST',
    ['Not like this.'],
  ],
];

function guard(canActivate: () => boolean | Promise<boolean>): HostSetup {
  return { extras: { guards: [{ canActivate }] } };
}

class RefusingPipe implements PipeTransform {
  transform(): never {
    throw new BadRequestException(['Not like this.']);
  }
}

/** As hosts write them. */
@Catch()
class OwnFilter {
  catch(error: HttpException, host: ArgumentsHost): void {
    const given = error.getResponse() as object;
    host
      .switchToHttp()
      .getResponse()
      .status(error.getStatus())
      .send({ ...given, at: 'the host' });
  }
}

@Catch(UnauthorizedException)
class UnauthorizedFilter {
  catch(_: UnauthorizedException, host: ArgumentsHost): void {
    host.switchToHttp().getResponse().status(401).send({ seen: true });
  }
}

class TokenError extends Error {}

@Catch(TokenError)
class TokenFilter {
  catch(_: TokenError, host: ArgumentsHost): void {
    host.switchToHttp().getResponse().status(401).send({ token: 'expired' });
  }
}

describeEachAdapter('What a host itself refuses on our routes has a code', ({ start }) => {
  it.each(habits)('where %s', async (_, setup, status, code, message) => {
    const answer = await (await start(setup)).post();
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ code, message });
  });

  it('and gets to its own filters as the exception that it is', async () => {
    const host = await start({ configure: (app) => app.useGlobalFilters(new OwnFilter()) });
    const answer = await host.post({ headers: { 'x-user': 'regular' } });
    expect(answer.json).toMatchObject({ statusCode: 403, code: 'NOT_SYSTEM_USER', error: 'Forbidden', at: 'the host' });
    const other = await start({ configure: (app) => app.useGlobalFilters(new UnauthorizedFilter()) });
    expect((await other.post({ headers: {} })).json).toEqual({ seen: true });
    const canActivate = () => Promise.reject(new TokenError('expired'));
    const third = await start({ ...guard(canActivate), configure: (app) => app.useGlobalFilters(new TokenFilter()) });
    expect((await third.post()).json).toEqual({ token: 'expired' });
  });
});
