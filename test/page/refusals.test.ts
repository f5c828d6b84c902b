import { asSystem, describeEachAdapter, type Host } from '../fixtures/host.js';
import { send } from '../fixtures/http-client.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY, BACKUP_KEY, secret } from '../fixtures/secrets.js';
import { PageClient } from './page-host.js';

const SEEN = ['page', 'status', 'backups', 'events', 'uploads'] as const;
const DONE = [
  ['POST', 'links'],
  ['POST', 'tests'],
  ['POST', 'uploads'],
  ['POST', 'uploads/vault/none/check'],
  ['POST', 'restores'],
  ['POST', 'restores/none/undo'],
  ['DELETE', 'runs/none'],
] as const;
/** Where nobody needs a body, and a parser reads one all the same. */
const PARSED = [
  ['GET', 'page/app.js'],
  ['GET', 'backups/vault/none'],
  ['GET', 'downloads/none'],
  ['GET', 'uploads/vault/none'],
  ['DELETE', 'uploads/vault/none'],
  ['PATCH', 'uploads/vault/none'],
] as const;
const ERROR = { statusCode: expect.any(Number), error: expect.any(String), code: expect.any(String) };
const BACKUP = { destination: 'vault', id: 'none' };
const ELSEWHERE = { destination: 'nowhere', id: 'none' };
const UNKNOWN: ReadonlyArray<[method: string, route: string, body: object, code: string]> = [
  ['GET', 'backups?destination=nowhere', {}, 'BACKUP_NOT_FOUND'],
  ['GET', 'backups/vault/none', {}, 'BACKUP_NOT_FOUND'],
  ['GET', 'backups/nowhere/none', {}, 'BACKUP_NOT_FOUND'],
  ['POST', 'links', BACKUP, 'BACKUP_NOT_FOUND'],
  ['POST', 'links', ELSEWHERE, 'BACKUP_NOT_FOUND'],
  ['GET', 'downloads/none', {}, 'LINK_INVALID'],
  ['POST', 'tests', BACKUP, 'BACKUP_NOT_FOUND'],
  ['POST', 'tests', ELSEWHERE, 'BACKUP_NOT_FOUND'],
  ['POST', 'restores', { ...BACKUP, plan: true }, 'BACKUP_NOT_FOUND'],
  ['POST', 'restores', { ...ELSEWHERE, plan: true }, 'BACKUP_NOT_FOUND'],
  ['POST', 'restores/none/undo', {}, 'RESTORE_NOT_FOUND'],
  ['DELETE', 'runs/none', {}, 'RUN_NOT_FOUND'],
  ['POST', 'uploads', { destination: 'nowhere', filename: 'a.zip', size: 1 }, 'BACKUP_NOT_FOUND'],
  ['GET', 'uploads/vault/none', {}, 'UPLOAD_NOT_FOUND'],
  ['GET', 'uploads/nowhere/none', {}, 'UPLOAD_NOT_FOUND'],
  ['DELETE', 'uploads/vault/none', {}, 'UPLOAD_NOT_FOUND'],
  ['POST', 'uploads/vault/none/check', {}, 'UPLOAD_NOT_FOUND'],
];
const MUST_BE: Readonly<Record<string, string>> = {
  limit: 'limit must be a whole number from 1 to 200',
  destination: 'destination must be a string',
  before: 'before must be a time in UTC as in 2026-11-30T12:00:00Z (ISO 8601)',
};

describeEachAdapter('What the routes of the page refuse', (hosting) => {
  let host: Host;
  let page: PageClient;
  beforeAll(async () => {
    const vault = new MemoryDestination();
    host = await hosting.start({
      options: { destinations: { vault }, encryptionKey: AES_KEY, wrongKeys: { limit: 100 } },
      extras: { page: true, restoreOverHttp: true },
    });
    page = new PageClient(host);
  });

  it.each(SEEN)('GET %s is for system users only', async (route) => {
    const asked = async (headers: Record<string, string>) => page.get(route, { headers });
    expect(await asked({})).toMatchObject({ status: 401, json: { ...ERROR, code: 'NOT_LOGGED_IN' } });
    for (const user of ['regular', 'superuser', 'truthy']) {
      expect(await asked({ 'x-user': user })).toMatchObject({
        status: 403,
        json: { ...ERROR, code: 'NOT_SYSTEM_USER' },
      });
    }
  });

  it.each(DONE)('%s %s wants a system user, JSON, and the backup key, in this order', async (method, route) => {
    const asked = (body: unknown, headers: Record<string, string> = asSystem) =>
      page.act(route, {}, { method, body, headers });
    const key = BACKUP_KEY;
    expect(await asked({ key }, {})).toMatchObject({ status: 401 });
    expect(await asked({ key }, { 'x-user': 'superuser' })).toMatchObject({
      status: 403,
      json: { code: 'NOT_SYSTEM_USER' },
    });
    const form = { ...asSystem, 'Content-Type': 'text/plain' };
    expect(await asked('key=x', form)).toMatchObject({ status: 415, json: { code: 'NOT_JSON' } });
    expect(await asked({})).toMatchObject({ status: 400, json: { code: 'KEY_MISSING' } });
    const wrong = secret('not the key, but long enough');
    expect(await asked({ key: wrong })).toMatchObject({ status: 403, json: { code: 'WRONG_KEY' } });
    const more = await asked({ key, surplus: 1 });
    expect(more).toMatchObject({ status: 400, json: { code: 'INVALID_BODY' } });
    expect(more.json.message[0]).toMatch(/^property surplus should not exist; accepted: key/);
  });

  it.each([...PARSED, ...DONE])('%s %s has a code where a parser refuses the body', async (method, route) => {
    const headers = { ...asSystem, 'Content-Type': 'application/json' };
    // Fastify does not read the body of a GET, and closes the connection on what is still being sent of a large one.
    for (const body of method === 'GET' ? ['{'] : ['{', 'x'.repeat(2 ** 21)]) {
      const { status, json } = await page.act(route, {}, { method, body, headers });
      if (method !== 'GET') expect(status).toBe(body === '{' ? 400 : 413);
      if (status >= 400) expect(json).toMatchObject(ERROR);
    }
  });

  it('an address that cannot be decoded is refused with a code', async () => {
    const { status, json } = await page.get('backups/vault/%E0%A4%A');
    expect({ status, ...json }).toMatchObject({ ...ERROR, status: 400 });
    expect(JSON.stringify(json)).not.toContain('not valid JSON');
  });

  it('POST links without its fields is refused with a line for each', async () => {
    const { status, json } = await page.act('links', { destination: 7 });
    expect([status, json.message]).toEqual([400, ['destination must be a string', 'id must be a string']]);
  });

  it.each([
    ...[
      'limit=0',
      'limit=201',
      'limit=x',
      'limit=1&limit=2',
      'destination=a&destination=b',
      'before=',
      'before=yesterday',
    ],
    ...[
      'before=2026-11-30',
      'before=2026-11-30T12:00',
      'before=2026-11-30T12:00:00',
      'before=2026-11-30T12:00:00%2B01:00',
    ],
    ...['before=1795867200000', 'before=Nov 30 2026', 'before=2026-02-30T12:00:00Z', 'before=2026-13-01T12:00:00Z'],
  ])('GET backups?%s answers 400, with what it must be', async (query) => {
    const name = query.split('=', 1)[0]!;
    const { status, json } = await page.get(`backups?${query.replaceAll(' ', '%20')}`);
    expect([status, json.code, json.message]).toEqual([400, 'INVALID_BODY', [MUST_BE[name]]]);
  });

  it.each(['2026-11-30T12:00:00Z', '2026-11-30T12:00:00.1Z', '2026-11-30T12:00:00.123456Z'])(
    'GET backups?before=%s is a time',
    async (time) => {
      expect((await page.get(`backups?before=${time}`)).status).toBe(200);
    },
  );

  it.each(UNKNOWN)('%s %s with %j answers 404 to an id that nothing has', async (method, route, more, code) => {
    const headers = { ...asSystem, 'Tus-Resumable': '1.0.0' };
    const answer = method === 'GET' ? await page.get(route) : await page.act(route, more, { method, headers });
    expect(answer).toMatchObject({ status: 404, json: { ...ERROR, code } });
  });

  it('POST links with a body that is no JSON has a code', async () => {
    const headers = { ...asSystem, 'Content-Type': 'application/json' };
    const answer = await send(page.url('links'), { headers, body: '{' });
    expect(answer).toMatchObject({ status: 400, json: { code: 'INVALID_BODY' } });
  });

  // Of all hosts the one that was started last has the log.
  it('are not there unless the application wants them', async () => {
    for (const setup of [
      {},
      { options: { backupKey: undefined }, extras: { page: true } },
      { options: { enabled: () => false }, extras: { page: true } },
    ]) {
      const without = new PageClient(await hosting.start(setup));
      for (const route of SEEN) expect((await without.get(route)).status).toBe(404);
      for (const [method, route] of DONE) expect((await without.act(route, {}, { method })).status).toBe(404);
    }
  });
});
