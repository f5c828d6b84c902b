import { BackupStore } from 'nestjs-backup';
import { describeEachAdapter, type Host } from '../fixtures/host.js';
import { seed } from '../fixtures/host-entities.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY, BACKUP_KEY } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';
import { PageClient, withPage } from './page-host.js';

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
          uncountedRestoreTest: null,
        },
        {
          name: 'broken',
          readable: false,
          lastBackup: null,
          bytes: 0,
          keyConfigured: null,
          lastRestoreTest: null,
          uncountedRestoreTest: null,
        },
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
});
