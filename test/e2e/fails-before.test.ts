import { rename } from 'node:fs/promises';
import { STATUS_CODES } from 'node:http';
import { jest } from '@jest/globals';
import { BackupService } from 'nestjs-backup';
import { readBackup } from '../fixtures/backup.js';
import { fillBulk } from '../fixtures/bulk.js';
import { connectionsTo } from '../fixtures/connections.js';
import { body, describeEachAdapter, type Host } from '../fixtures/host.js';
import type { Answer } from '../fixtures/http-client.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { TcpProxy } from '../fixtures/tcp-proxy.js';
import { until } from '../fixtures/wait.js';

function expectJsonError(answer: Answer, status: number, code: string): void {
  expect(answer.json).toEqual({ statusCode: status, error: STATUS_CODES[status], code, message: expect.any(String) });
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  for (const name of ['content-disposition', 'x-backup-id', 'transfer-encoding']) {
    expect(answer.headers[name]).toBeUndefined();
  }
}

/** Lets the ten seconds of patience pass faster. */
function hurry(speed: number): { mockRestore(): void } {
  const { now } = Date;
  const start = now();
  return jest.spyOn(Date, 'now').mockImplementation(() => start + (now() - start) * speed);
}

describeEachAdapter('A failure before the first byte', (hosting) => {
  let host: Host;
  let proxy: TcpProxy;
  beforeAll(async () => {
    const wired = await TcpProxy.before(hosting.database.options);
    proxy = wired.proxy;
    host = await hosting.start({ database: wired.options });
    // Enough that a failure after the rows would be one after the first byte.
    await fillBulk(host.dataSource, 1);
  });
  afterAll(() => proxy.close());
  const idle = () => connectionsTo(hosting.engine, hosting.database);

  it.each([body, { ...body, aes_key: AES_KEY }])(
    'a database that does not answer: 503, and 200 when it is back (%#)',
    async (ask) => {
      proxy.refuse();
      const answer = await host.post({ body: ask });
      expectJsonError(answer, 503, 'DATABASE_UNAVAILABLE');
      expect(answer.text).not.toMatch(/127\.0\.0\.1|ECONN|password/);
      expect(host.logs.join('\n')).toMatch(/ECONN/);
      proxy.accept();
      expect((await host.post({ body: ask })).status).toBe(200);
    },
  );

  it.each([body, { ...body, aes_key: AES_KEY }])(
    'a data directory that is gone: 500 that names it (%#)',
    async (ask) => {
      const before = await idle();
      await rename(host.dataDir, `${host.dataDir}-away`);
      const answer = await host.post({ body: ask });
      await rename(`${host.dataDir}-away`, host.dataDir);
      expectJsonError(answer, 500, 'DIRECTORY_UNREADABLE');
      expect(answer.json.message).toContain('"files"');
      expect(answer.text).not.toContain(host.dataDir);
      await until('its connections are closed', async () => (await idle()) <= before);
      expect((await host.post()).status).toBe(200);
    },
  );

  it('a table that stays locked: 503 that names it', async () => {
    const runner = host.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE finding IN ACCESS EXCLUSIVE MODE');
    const clock = hurry(20);
    const answer = await host.post();
    clock.mockRestore();
    await runner.rollbackTransaction();
    await runner.release();
    expectJsonError(answer, 503, 'DATABASE_BUSY');
    expect(answer.json.message).toContain('"finding"');
    expect((await host.post()).status).toBe(200);
  });

  it("a database that has none of the application's tables: 500 that names it", async () => {
    const schema = 'elsewhere';
    await host.dataSource.query(`ALTER SCHEMA public RENAME TO ${schema}`);
    await host.dataSource.query('CREATE SCHEMA public');
    const before = await idle();
    const answer = await host.post();
    await host.dataSource.query('DROP SCHEMA public');
    await host.dataSource.query(`ALTER SCHEMA ${schema} RENAME TO public`);
    expectJsonError(answer, 500, 'NO_TABLES');
    expect(answer.json.message).toContain(`"${host.dataSource.driver.database}"`);
    await until('its connections are closed', async () => (await idle()) <= before);
    expect((await host.post()).status).toBe(200);
  });

  it('no database in which the application finds its tables where the catalog does not', async () => {
    const schema = 'elsewhere';
    await host.dataSource.query(`ALTER SCHEMA public RENAME TO ${schema}`);
    await host.dataSource.query('CREATE SCHEMA public');
    await host.dataSource.query(`CREATE VIEW public.finding AS SELECT * FROM ${schema}.finding`);
    const answer = await host.post();
    await host.dataSource.query('DROP SCHEMA public CASCADE');
    await host.dataSource.query(`ALTER SCHEMA ${schema} RENAME TO public`);
    expect(answer.status).toBe(200);
    const { warnings } = (await readBackup(answer.bytes)).manifest;
    expect(warnings).toContain('Table "finding" of entity Finding does not exist in the database.');
  });

  it('an error of any other kind: 500 without its text', async () => {
    const service = host.app.get(BackupService, { strict: false });
    const { create } = service;
    service.create = () => Promise.reject(new Error('connect to 10.0.0.7 as root'));
    const answer = await host.post();
    service.create = create;
    expectJsonError(answer, 500, 'INTERNAL');
    expect(answer.text).not.toContain('10.0.0.7');
  });
});
