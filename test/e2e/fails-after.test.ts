import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fillBulk } from '../fixtures/bulk.js';
import { connectionsTo, openHandles } from '../fixtures/connections.js';
import { asSystem, body, describeEachAdapter, ENDPOINT, type Host } from '../fixtures/host.js';
import { type RawAsk, sendRaw } from '../fixtures/http-client.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { TcpProxy } from '../fixtures/tcp-proxy.js';
import { until } from '../fixtures/wait.js';

const END_OF_CHUNKS = '\r\n0\r\n\r\n';

describeEachAdapter('A failure after the first byte', (hosting) => {
  let host: Host;
  let proxy: TcpProxy;
  let idle: number;
  const connections = () => connectionsTo(hosting.engine, hosting.database);
  beforeAll(async () => {
    const wired = await TcpProxy.before(hosting.database.options);
    proxy = wired.proxy;
    host = await hosting.start({ database: wired.options, options: { compressionLevel: 0 } });
    await fillBulk(host.dataSource, 24);
    proxy.cut();
    await host.dataSource.query('SELECT 1').catch(() => {});
    idle = await connections();
  });
  afterAll(() => proxy.close());
  beforeEach(() => (host.logs.length = 0));
  afterEach(() => host.unlocked());

  /** Makes a backup, and does something as soon as its first bytes have arrived. */
  const afterFirstBytes = (onFirstBytes: () => unknown, ask: RawAsk = {}) =>
    sendRaw(host.url + ENDPOINT, { body, ...ask, headers: { ...asSystem, ...ask.headers }, onFirstBytes });
  const logged = (line: RegExp) => until(`the log has ${line}`, () => host.logs.some((one) => line.test(one)));
  const terminate = (which: string) =>
    hosting.database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'nestjs-backup' AND ${which}`);

  const clients: Array<[string, RawAsk]> = [
    ['an HTTP/1.1 client', {}],
    ['an HTTP/1.1 client that gets it encrypted', { body: { ...body, aes_key: AES_KEY } }],
    ['a client that sent Connection: close', { headers: { Connection: 'close' } }],
    ['an HTTP/1.0 proxy', { version: '1.0' }],
    ['an HTTP/1.0 proxy that keeps connections', { version: '1.0', headers: { Connection: 'keep-alive' } }],
  ];
  it.each(clients)('resets the connection of %s, and the host goes on', async (_, ask) => {
    const { text, ending } = await afterFirstBytes(() => proxy.cut(), ask);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text.length).toBeGreaterThan(60_000);
    expect(ending).toBe('reset');
    expect(text).not.toContain('manifest.json');
    expect(text.endsWith(END_OF_CHUNKS)).toBe(false);
    await logged(/Backup \S+ failed: The (database failed|connection that held)/);
    await until('no connection is left over', async () => (await connections()) <= idle);
    const next = await host.post();
    expect(next.status).toBe(200);
    expect(next.bytes.length).toBeGreaterThan(24e6);
  });

  it('shows Node’s own client an error, never an end', async () => {
    const response = await host.open();
    const ended = new Promise<string>((resolve) => {
      response.once('end', () => resolve('end'));
      response.once('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
    });
    response.once('data', () => proxy.cut());
    response.resume();
    expect(await ended).toBe('ECONNRESET');
    expect(response.complete).toBe(false);
  });

  it('resets also when the server ends only the connection that is read', async () => {
    const { ending } = await afterFirstBytes(() => terminate(`query LIKE 'COPY%'`), { version: '1.0' });
    expect(ending).toBe('reset');
    await logged(/failed: The database failed while the backup or restore read table "bulk"/);
  });

  it('resets also when the server ends only the connection that holds the lock', async () => {
    const { ending } = await afterFirstBytes(() => terminate(`state = 'idle in transaction'`), { version: '1.0' });
    expect(ending).toBe('reset');
    await logged(/failed: The connection that held the backup lock was lost/);
  });

  it('resets also when the lock is lost while files are read, and closes them', async () => {
    const file = join(host.dataDir, 'long.jpg');
    await writeFile(file, '');
    await truncate(file, 300e6);
    await hosting.database.query('ALTER TABLE bulk RENAME TO away');
    const { ending } = await afterFirstBytes(() => proxy.cut(), { version: '1.0' });
    await hosting.database.query('ALTER TABLE away RENAME TO bulk');
    await rm(file);
    expect(ending).toBe('reset');
    await logged(/failed: The connection that held the backup lock was lost/);
    await until('the file is closed', () => openHandles(host.dataDir) === 0);
  });
});
