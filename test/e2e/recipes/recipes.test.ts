import { APP_GUARD } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { BackupModule } from 'nestjs-backup';
import { body, describeEachAdapter, type Host, type Hosting, type HostSetup } from '../../fixtures/host.js';
import { send } from '../../fixtures/http-client.js';
import { BACKUP_KEY, secret } from '../../fixtures/secrets.js';
import { ApiTokenGuard } from './api-token.js';
import { JwtGuard } from './jwt.js';
import { CurrentUserGuard, CurrentUserModule } from './request-scoped.js';
import { SessionModule, useSessions } from './session.js';
import { digestOf, hashOf, User, Users } from './users.js';

const names = ['ops', 'jane'];
const jwtModule = JwtModule.register({ secret: secret('jwt-secret-of-the-host'), signOptions: { expiresIn: '5m' } });
const tokenOf = (name: string) => secret(`api-token-of-${name}`);

/** A host with a table of users, of whom `ops` is a system user; no guards but the recipe's. */
async function startWith({ start }: Hosting, setup: HostSetup): Promise<Host> {
  const host = await start({ ...setup, entities: [User] });
  const users = names.map((name) => ({
    name,
    password: hashOf(`password of ${name}`, 'salt'),
    token: digestOf(tokenOf(name)),
    isSystemUser: name === 'ops',
  }));
  await host.dataSource.getRepository(User).clear();
  await host.dataSource.getRepository(User).save(users);
  return host;
}

/** Who is nobody gets 401, who is no system user 403, and who is one a backup. */
async function expectRecipe(host: Host, headersOf: (name: string) => Promise<Record<string, string>>): Promise<void> {
  const statusOf = async (headers: Record<string, string>) => (await host.post({ headers })).status;
  expect(await statusOf({})).toBe(401);
  expect(await statusOf(await headersOf('jane'))).toBe(403);
  const answer = await host.post({ headers: await headersOf('ops') });
  expect(answer.status).toBe(200);
  expect(answer.bytes.subarray(0, 2).toString()).toBe('PK');
}

const withGuard = (guards: any[]) => () => [BackupModule.forRoot({ backupKey: BACKUP_KEY, guards })];
const tokenHeaders = async (name: string) => ({ 'x-api-token': tokenOf(name) });

/** The host's login: what it says of a user goes into the token. */
function bearerOf({ app, dataSource }: Host): (name: string) => Promise<Record<string, string>> {
  return async (name) => {
    const { id, isSystemUser } = await dataSource.getRepository(User).findOneByOrFail({ name });
    const token = await app.get(JwtService, { strict: false }).signAsync({ sub: id, isSystemUser });
    return { Authorization: `Bearer ${secret(token)}` };
  };
}

describeEachAdapter(
  'The session recipe',
  (hosting) => {
    it('lets in whoever has logged in with a password and sends the cookie', async () => {
      const host = await startWith(hosting, {
        imports: withGuard([]),
        modules: [SessionModule],
        configure: (app) => useSessions(app, secret('session-secret-of-the-host')),
      });
      const login = (name: string, password: string) =>
        send(`${host.url}/api/v1/login`, { body: { username: name, password: secret(password) } });
      expect((await login('ops', 'a guess')).status).toBe(401);
      await expectRecipe(host, async (name) => {
        const { headers } = await login(name, `password of ${name}`);
        return { Cookie: headers['set-cookie']![0]!.split(';')[0]! };
      });
      expect((await host.post({ headers: { Cookie: 'connect.sid=s%3Aforged.signature' } })).status).toBe(401);
    });
  },
  'better-sqlite3',
  ['Express'],
);

describeEachAdapter(
  'The recipe',
  (hosting) => {
    it('of a JWT lets in whoever sends one that the host has signed', async () => {
      const host = await startWith(hosting, {
        imports: withGuard([JwtGuard]),
        modules: [{ ...jwtModule, global: true }],
        providers: [Users],
      });
      const bearer = bearerOf(host);
      await expectRecipe(host, bearer);
      const { Authorization } = await bearer('ops');
      for (const forged of [`${Authorization}x`, Authorization!.replace('Bearer', 'Basic'), 'Bearer', 'Bearer null']) {
        expect((await host.post({ headers: { Authorization: forged } })).status).toBe(401);
      }
    });

    it('of a global guard needs nothing else', async () => {
      const host = await startWith(hosting, {
        imports: withGuard([]),
        modules: [{ ...jwtModule, global: true }],
        providers: [Users, { provide: APP_GUARD, useClass: JwtGuard }],
      });
      await expectRecipe(host, bearerOf(host));
    });

    it('of an API token lets in whoever has one, and no digest of one', async () => {
      const host = await startWith(hosting, {
        imports: withGuard([ApiTokenGuard]),
        providers: [Users, ApiTokenGuard],
      });
      await expectRecipe(host, tokenHeaders);
      const stolen = { 'x-api-token': digestOf(tokenOf('ops')) };
      expect((await host.post({ headers: stolen })).status).toBe(401);
    });

    it('of users that are request-scoped keeps simultaneous requests apart', async () => {
      const host = await startWith(hosting, {
        imports: withGuard([CurrentUserGuard]),
        modules: [CurrentUserModule],
      });
      await expectRecipe(host, tokenHeaders);
      const asked = Array.from({ length: 12 }, (_, index) => ['ops', 'jane', 'nobody'][index % 3]!);
      const answers = await Promise.all(
        asked.map(async (name) => host.post({ headers: await tokenHeaders(name), body: { ...body, check: true } })),
      );
      const expected = { ops: 200, jane: 403, nobody: 401 };
      expect(answers.map(({ status }) => status)).toEqual(asked.map((name) => expected[name as keyof typeof expected]));
    });

    it('of a system user asks the database on each request, whatever the token says', async () => {
      process.env.BACKUP_KEY = BACKUP_KEY;
      const { backups } = await import('./system-user.js');
      const host = await startWith(hosting, {
        imports: () => [backups],
        modules: [{ ...jwtModule, global: true }],
        providers: [Users],
      });
      const bearer = bearerOf(host);
      await expectRecipe(host, bearer);
      const headers = await bearer('ops');
      await host.dataSource.getRepository(User).update({ name: 'ops' }, { isSystemUser: false });
      expect((await host.post({ headers })).status).toBe(403);
      await host.dataSource.getRepository(User).clear();
      expect((await host.post({ headers })).status).toBe(403);
    });
  },
  'better-sqlite3',
);
