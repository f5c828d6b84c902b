import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fillBulk } from '../fixtures/bulk.js';
import { connectionsTo } from '../fixtures/connections.js';
import { asSystem, body, describeEachAdapterAndEngine, ENDPOINT, type Host } from '../fixtures/host.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';

describeEachAdapterAndEngine('A client that leaves', (hosting) => {
  let host: Host;
  let idle: number;
  const connections = () => connectionsTo(hosting.engine, hosting.database);
  const closed = async () => (await connections()) <= idle;
  beforeAll(async () => {
    host = await hosting.start({ options: { compressionLevel: 0 } });
    await fillBulk(host.dataSource, 14);
    // SQLite keeps the file handle of a connection that was closed while the application's has a lock, for the next one.
    await host.post();
    idle = await connections();
  });

  /** By then, a second by default, no connection may be left, the lock must be free, and then a new backup is possible. */
  async function expectFree(within = 1_000): Promise<void> {
    await Promise.all([until('the connections are closed', closed, within), host.unlocked(within)]);
    // A request whose client has left may still be on its way in, and begin for a moment.
    await until('a new backup begins', async () => {
      const response = await host.open();
      response.destroy();
      return response.statusCode === 200;
    });
    await Promise.all([until('the new connections are closed', closed), host.unlocked()]);
  }

  it.each([
    ['in mid-stream', body, 'destroy'],
    ['in mid-stream of an encrypted archive', { ...body, aes_key: AES_KEY }, 'destroy'],
    ['in mid-stream, by a reset', body, 'resetAndDestroy'],
  ] as const)('%s: reading stops, and everything is free within a second', async (_, ask, leave) => {
    const response = await host.open({ body: ask });
    await once(response, 'readable');
    expect(response.statusCode).toBe(200);
    await expect(host.unlocked(0)).rejects.toThrow();
    response.on('error', () => {});
    response.socket[leave]();
    await expectFree();
  });

  it('before the headers: nothing begins, or what began ends', async () => {
    for (const delay of [0, 1, 2, 4, 8, 16, 32]) {
      const asking = request(host.url + ENDPOINT, {
        method: 'POST',
        headers: { ...asSystem, 'Content-Type': 'application/json' },
      });
      asking.on('error', () => {});
      asking.end(JSON.stringify(body));
      await sleep(delay);
      asking.destroy();
    }
    // On a busy machine some of them are still to come.
    await expectFree(10_000);
  });

  if (hosting.engine.name !== 'postgres') return;

  it('while the backup waits for a locked table: the waiting ends', async () => {
    const runner = host.dataSource.createQueryRunner();
    await runner.startTransaction();
    await runner.query('LOCK TABLE finding IN ACCESS EXCLUSIVE MODE');
    const busy = await connections();
    const asking = new AbortController();
    const answer = host.open({ signal: asking.signal });
    await until('it waits', async () => (await connections()) === busy + 2);
    asking.abort();
    await expect(answer).rejects.toThrow();
    await host.unlocked();
    // The server looks after its client only when the statement's own lock_timeout has ended.
    await until('the connections are closed', async () => (await connections()) <= busy, 5_000);
    await runner.rollbackTransaction();
    await runner.release();
  });
});
