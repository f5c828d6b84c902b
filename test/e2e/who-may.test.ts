import { ForbiddenException } from '@nestjs/common';
import { asSystem, describeEachAdapter, type Host } from '../fixtures/host.js';

describeEachAdapter('Who may make a backup', ({ start }) => {
  let host: Host;
  beforeAll(async () => {
    host = await start();
  });

  const answers = new Set<string>();
  afterAll(() => {
    // Nothing in it tells who is one.
    expect(answers.size).toBe(1);
  });

  it('a system user may', async () => {
    expect((await host.post()).status).toBe(200);
  });

  it('nobody who is not logged in: 401', async () => {
    const answer = await host.post({ headers: {} });
    expect(answer.status).toBe(401);
    expect(answer.json).toEqual({
      statusCode: 401,
      error: 'Unauthorized',
      code: 'NOT_LOGGED_IN',
      message: 'Unauthorized',
    });
  });

  it.each(['regular', 'superuser', 'truthy'])('not the %s user, with the right key: 403', async (user) => {
    const answer = await host.post({ headers: { 'x-user': user } });
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ code: 'NOT_SYSTEM_USER', error: 'Forbidden' });
    expect(answer.json.message).toMatch(/^Only system users can make backups\. .*option isSystemUser of BackupModule/);
    answers.add(answer.text);
  });
});

describeEachAdapter('The option isSystemUser', ({ start }) => {
  const answers: Record<string, (user: any, request: any) => any> = {
    'says true': () => true,
    'promises true': async () => true,
    'knows the user': (user) => user.name === 'ops',
    'knows the request': (_, request) => request.headers['x-user'] === 'system',
    'says false': () => false,
    'promises false': async () => false,
    'says something truthy': () => 'yes',
    'says nothing': () => undefined,
    throws: () => {
      throw new Error('no');
    },
    rejects: () => Promise.reject(new Error('no')),
    'refuses by an exception': () => {
      throw new ForbiddenException('Not at night.');
    },
  };
  let host: Host;
  let decide: (user: any, request: any) => any;
  beforeAll(async () => {
    host = await start({ options: { isSystemUser: (user, request) => decide(user, request) } });
  });
  const check = async (answer: string) => {
    decide = answers[answer]!;
    return host.post({ headers: asSystem, body: undefined });
  };

  // Without a body, those who are let in get as far as 415.
  it.each(['says true', 'promises true', 'knows the user', 'knows the request'])(
    'lets in when it %s',
    async (answer) => {
      expect((await check(answer)).status).toBe(415);
    },
  );

  it.each(['says false', 'promises false', 'says something truthy', 'says nothing', 'refuses by an exception'])(
    'does not let in when it %s: 403',
    async (answer) => {
      expect((await check(answer)).status).toBe(403);
    },
  );

  it.each(['throws', 'rejects'])('does not let in when it %s, and says so in the log only: 500', async (answer) => {
    host.logs.length = 0;
    const { status, json } = await check(answer);
    expect(status).toBe(500);
    expect(json).toEqual({
      statusCode: 500,
      error: 'Internal Server Error',
      code: 'INTERNAL',
      message: 'Internal server error',
    });
    expect(host.logs.join('\n')).toContain('Error: no');
  });

  it('is not asked about nobody', async () => {
    decide = answers['says true']!;
    expect((await host.post({ headers: {} })).status).toBe(401);
  });
});
