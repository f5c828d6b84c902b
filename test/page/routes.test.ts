import { BackupStore } from 'nestjs-backup';
import { asSystem, describeEachAdapter, type Host } from '../fixtures/host.js';
import { seed } from '../fixtures/host-entities.js';
import { send } from '../fixtures/http-client.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY, BACKUP_KEY, secret } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';
import { PageClient, withPage } from './page-host.js';

const SEEN = ['page', 'status', 'backups', 'events', 'uploads'] as const;
const DONE = [
  ['POST', 'links'],
  ['POST', 'tests'],
  ['POST', 'uploads'],
  ['POST', 'uploads/vault/none/check'],
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

describeEachAdapter('The routes of the page', (hosting) => {
  let host: Host;
  let page: PageClient;
  const vault = new MemoryDestination();
  const broken = new MemoryDestination({ list: true });
  beforeAll(async () => {
    host = await hosting.start(
      withPage({ destinations: { vault, broken }, encryptionKey: AES_KEY, wrongKeys: { limit: 100 } }),
    );
    page = new PageClient(host);
    await seed(host.dataSource);
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

  it('GET status tells what is known', async () => {
    const id = await page.store('vault');
    const { status, json, headers } = await page.get('status');
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'application/json; charset=utf-8',
      'no-store',
    ]);
    expect(json).toEqual({
      application: 'nestjs-backup',
      lastBackup: { finishedAt: expect.any(String), seconds: expect.any(Number), rows: expect.any(Number), files: 2 },
      lastRestoreTest: null,
      nextRuns: [],
      running: [],
      destinations: [
        {
          name: 'vault',
          readable: true,
          lastBackup: expect.any(Object),
          bytes: expect.any(Number),
          keyConfigured: true,
          lastRestoreTest: null,
        },
        { name: 'broken', readable: false, lastBackup: null, bytes: 0, keyConfigured: null, lastRestoreTest: null },
      ],
      maintenance: null,
      lastRestore: null,
      features: { restore: false, upload: true, encrypts: true, needsIdentity: false },
    });
    expect(id).toBeDefined();
  });

  it('GET backups lists newest first, page by page, and names what cannot be listed', async () => {
    for (let more = 0; more < 3; more++) await page.store('vault');
    const all = (await page.get('backups')).json;
    expect(all).toMatchObject({ next: null, unreadable: ['broken'] });
    const ids = all.items.map(({ id }: { id: string }) => id) as string[];
    expect(ids.length).toBeGreaterThanOrEqual(3);
    expect(all.items[0]).toMatchObject({
      ...{ destination: 'vault', encrypted: true, result: 'success', origin: 'own', problem: null },
      ...{ redacted: false, schedule: null, files: 2, tables: 3, keyConfigured: true },
    });
    const paged: string[] = [];
    for (let next: string | null = '9999-01-01T00:00:00.000Z'; next !== null; ) {
      const some: { items: { id: string }[]; next: string | null } = (await page.get(`backups?limit=2&before=${next}`))
        .json;
      paged.push(...some.items.map(({ id }) => id));
      next = some.next;
    }
    expect(paged).toEqual(ids);
    expect((await page.get('backups?destination=vault')).json).toEqual({ ...all, unreadable: [] });
  });

  it('GET backups asks a destination once for all pages, and again for a first one', async () => {
    const list = vault.list.bind(vault);
    let asked = 0;
    vault.list = () => {
      asked++;
      return list();
    };
    const { next } = (await page.get('backups?destination=vault&limit=1')).json;
    await page.get(`backups?destination=vault&limit=1&before=${next}`);
    expect(asked).toBe(1);
    await page.get('backups?destination=vault&limit=1');
    expect(asked).toBe(2);
    vault.list = list;
  });

  it.each(['limit=0', 'limit=201', 'limit=x', 'before=yesterday', 'destination=a&destination=b'])(
    'GET backups?%s answers 400',
    async (query) => {
      expect(await page.get(`backups?${query}`)).toMatchObject({ status: 400, json: { code: 'INVALID_BODY' } });
    },
  );

  it('GET backups/:destination/:id tells what is in one', async () => {
    const id = await page.store('vault');
    const { status, json } = await page.get(`backups/vault/${id}`);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      id,
      complete: true,
      files: [{ name: 'files', count: 2, bytes: 70_006 }],
      skipped: [],
    });
    expect(json.tables.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['project', 'finding']),
    );
    expect(await page.get('backups/vault/none')).toMatchObject({ status: 404, json: { code: 'BACKUP_NOT_FOUND' } });
    expect(await page.get(`backups/nowhere/${id}`)).toMatchObject({ status: 404, json: { code: 'BACKUP_NOT_FOUND' } });
  });

  it('GET page serves a page that may load nothing but its own files', async () => {
    const answer = await page.get('page');
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(answer.headers['content-security-policy']).not.toMatch(/unsafe|\*|http/);
    expect(answer.headers['x-frame-options']).toBe('DENY');
    const slashed = await page.get('page/');
    expect([slashed.status, slashed.headers.location]).toEqual([308, '../page']);
    expect(await page.get('page/none.js')).toMatchObject({ status: 404, json: { code: 'NOT_FOUND' } });
  });

  it('POST tests restores a backup beside the application, and status knows it then', async () => {
    const id = await page.store('vault');
    const { status, json } = await page.act('tests', { destination: 'vault', id });
    expect([status, json]).toEqual([202, { id: expect.stringMatching(/^[0-9a-f-]{36}$/) }]);
    await until(
      'it has passed',
      () => host.events.some((one) => one.event === 'verify.finished' && one.id === json.id),
      30_000,
    );
    expect(host.events.find(({ event }) => event === 'verify.finished')).toMatchObject({
      via: 'http',
      user: 'ops',
      restoreTest: true,
    });
    expect((await page.get('status')).json.lastRestoreTest).toEqual(expect.any(String));
    expect((await page.get('backups')).json.items[0]).toMatchObject({ id, testedAt: expect.any(String) });
    expect((await page.act('tests', { destination: 'vault', id: 'none' })).status).toBe(404);
  });

  it('POST links with a body that is no JSON has a code', async () => {
    const headers = { ...asSystem, 'Content-Type': 'application/json' };
    const answer = await send(page.url('links'), { headers, body: '{' });
    expect(answer).toMatchObject({ status: 400, json: { code: 'INVALID_BODY' } });
  });

  it('leave the endpoint as it is', async () => {
    expect((await host.post()).headers['content-type']).toBe('application/octet-stream');
    expect(await host.app.get(BackupStore, { strict: false }).list('vault')).not.toHaveLength(0);
  });

  it('DELETE runs/:id ends a backup, which leaves nothing', async () => {
    const slow = new MemoryDestination({ stallsAfter: 10_000 });
    const other = await hosting.start(withPage({ destinations: { slow }, compressionLevel: 0 }));
    const client = new PageClient(other);
    const { id } = (await other.post({ body: { key: BACKUP_KEY, destination: 'slow' } })).json as { id: string };
    await until('it is written', () => slow.writing === 1, 10_000);
    const { running } = (await client.get('status')).json;
    expect(running).toMatchObject([{ id, kind: 'backup', user: 'ops', via: 'http', cancellable: true }]);
    const answer = await client.act(`runs/${id}`, {}, { method: 'DELETE' });
    expect([answer.status, answer.json]).toEqual([202, { id }]);
    await until('it has ended', () => other.events.some(({ event }) => event === 'backup.aborted'), 10_000);
    await until('nothing is written', () => slow.writing === 0, 10_000);
    expect(slow.objects.size).toBe(0);
    expect((await client.get('status')).json.running).toEqual([]);
    expect(await client.act(`runs/${id}`, {}, { method: 'DELETE' })).toMatchObject({
      status: 404,
      json: { code: 'RUN_NOT_FOUND' },
    });
    await other.unlocked();
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
