import { BackupService } from 'nestjs-backup';
import { fillBulk } from '../fixtures/bulk.js';
import { body, describeEachAdapterAndEngine, type Host } from '../fixtures/host.js';
import { itUnless } from '../fixtures/unless.js';
import { until } from '../fixtures/wait.js';

describeEachAdapterAndEngine('One backup at a time', ({ start, engine }) => {
  let host: Host;
  beforeAll(async () => {
    host = await start({ options: { compressionLevel: 0 } });
    // More than the buffers between the database and an archive that nobody reads.
    await fillBulk(host.dataSource, 2);
  });
  /** A backup that has begun; its archive waits to be read. */
  const running = (of: Host) => of.app.get(BackupService, { strict: false }).create();
  const status = async () => (await host.post()).status;

  it('a second one is refused with 409, JSON and no archive, until the first is gone', async () => {
    const first = await running(host);
    const second = await host.post();
    expect(second.status).toBe(409);
    expect(second.json).toEqual({
      statusCode: 409,
      error: 'Conflict',
      code: 'LOCKED',
      message: expect.stringContaining('Try again'),
    });
    expect(second.headers['x-backup-id']).toBeUndefined();
    first.stream.destroy();
    await until('a new backup is made', async () => (await status()) === 200);
  });

  it('check: true works while a backup runs, and does not take the lock', async () => {
    const first = await running(host);
    const check = () => host.post({ body: { ...body, check: true } });
    expect((await Promise.all([check(), check()])).map(({ text }) => text)).toEqual(['{"ok":true}', '{"ok":true}']);
    for await (const _ of first.stream);
    expect(await Promise.all([check(), status(), check()])).toMatchObject([{ status: 200 }, 200, { status: 200 }]);
  });

  it('of three at the same moment one or more get an archive, the others 409', async () => {
    const statuses = await Promise.all([status(), status(), status()]);
    expect(statuses).toContain(200);
    expect(statuses.filter((one) => one !== 200 && one !== 409)).toEqual([]);
  });

  const reason = engine.name === 'sql.js' ? 'a sql.js database lives in the memory of one process' : undefined;
  itUnless(reason)('one of another host on the same database counts too', async () => {
    const other = await start();
    const first = await running(other);
    expect(await status()).toBe(409);
    for await (const _ of first.stream);
    expect(await status()).toBe(200);
  });
});
