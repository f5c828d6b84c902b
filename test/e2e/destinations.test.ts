import { BackupStore, RestoreService } from 'nestjs-backup';
import { fillBulk } from '../fixtures/bulk.js';
import { body, describeEachAdapter, type Host } from '../fixtures/host.js';
import { seed } from '../fixtures/host-entities.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';
import { TcpProxy } from '../fixtures/tcp-proxy.js';
import { until } from '../fixtures/wait.js';

const UNKNOWN = 'destination must be the name of a destination of this application';

describeEachAdapter('A backup to a destination over HTTP', (hosting) => {
  let host: Host;
  let proxy: TcpProxy;
  const vault = new MemoryDestination();
  const slow = new MemoryDestination({ stallsAfter: 100_000 });
  beforeAll(async () => {
    const wired = await TcpProxy.before(hosting.database.options);
    proxy = wired.proxy;
    host = await hosting.start({
      database: wired.options,
      options: { destinations: { vault, slow }, compressionLevel: 0, idleTimeout: 60_000 },
    });
    await seed(host.dataSource);
    await fillBulk(host.dataSource, 2);
  });
  afterAll(() => proxy.close());
  beforeEach(() => {
    host.logs.length = 0;
  });
  const post = (destination: unknown, more = {}) => host.post({ body: { ...body, destination, ...more } });
  const stored = (id: string) =>
    host.app
      .get(BackupStore, { strict: false })
      .list('vault')
      .then((list) => list.find((one) => one.id === id));
  const ended = (within = 10_000) =>
    until('it has ended', () => /"backup\.(finished|failed|aborted)"/.test(host.logs.join('\n')), within);

  it('answers 202 with the id, and the backup is there soon', async () => {
    const answer = await post('vault');
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    await ended();
    expect(await stored(answer.json.id)).toMatchObject({ result: 'success', encrypted: false });
    expect(host.events).toMatchObject([
      { event: 'backup.allowed', user: 'ops' },
      { event: 'backup.started', user: 'ops', via: 'http', id: answer.json.id },
      {
        ...{ event: 'backup.finished', user: 'ops', id: answer.json.id, result: 'success' },
        destinations: [{ destination: 'vault', result: 'success' }],
      },
    ]);
  });

  it('encrypts it with the AES key', async () => {
    const { json } = await post('vault', { aes_key: AES_KEY });
    await ended();
    expect(await stored(json.id)).toMatchObject({ result: 'success', encrypted: true });
    const source = { destination: 'vault', id: json.id as string };
    const restores = host.app.get(RestoreService, { strict: false });
    expect((await restores.verify(source, { aesKey: AES_KEY })).manifest.id).toBe(json.id);
    await expect(restores.verify(source)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it.each<unknown>([null, undefined])('answers with the archive when the destination is %s', async (destination) => {
    const answer = await post(destination);
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/zip']);
  });

  it.each(['nowhere', '', 'Vault', '__proto__', 'constructor'])(
    'answers 400 to an unknown one, %j',
    async (destination) => {
      const answer = await post(destination, { check: true });
      expect(answer.status).toBe(400);
      expect(answer.json).toEqual({ statusCode: 400, error: 'Bad Request', message: [UNKNOWN], code: 'INVALID_BODY' });
      expect((await post(destination)).status).toBe(400);
      await until('it is told', () => host.events.length === 2);
      expect(host.events[0]).toMatchObject({ event: 'backup.refused', reason: 'INVALID_BODY' });
    },
  );

  it.each([1, true, ['vault'], { vault: true }])('answers 400 to what is no name, %j', async (destination) => {
    const answer = await post(destination);
    expect([answer.status, answer.json.message]).toEqual([400, ['destination must be a string']]);
  });

  it('does not tell of destinations before the key is right', async () => {
    for (const destination of ['vault', 'nowhere']) {
      expect((await post(destination, { key: secret('a wrong key, long enough') })).status).toBe(403);
    }
  });

  it('makes nothing for a check', async () => {
    const before = vault.objects.size;
    const answer = await post('vault', { check: true });
    expect([answer.status, answer.json]).toEqual([200, { ok: true }]);
    expect(vault.objects.size).toBe(before);
  });

  it('answers 503 when the database does not answer', async () => {
    proxy.refuse();
    const answer = await post('vault');
    proxy.accept();
    expect([answer.status, answer.json.code]).toEqual([503, 'DATABASE_UNAVAILABLE']);
  });

  it('goes on when the client is gone, answers 409 meanwhile, and ends with the host', async () => {
    const answer = await host.open({ body: { ...body, destination: 'slow' } });
    expect(answer.statusCode).toBe(202);
    answer.socket.destroy();
    await until('it is written', () => slow.writing === 1, 10_000);
    expect((await post('vault')).status).toBe(409);
    expect((await host.post()).status).toBe(409);
    expect(slow.writing).toBe(1);
    await host.app.close();
    expect([slow.writing, slow.objects.size]).toEqual([0, 0]);
    expect(host.events.at(-1)).toMatchObject({ event: 'backup.aborted', code: 'ABORTED' });
  });
});
