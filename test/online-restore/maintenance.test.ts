import { setTimeout as sleep } from 'node:timers/promises';
import { describeEngine, type Engine, engine as engineOf, offered } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import type { AdapterName } from '../fixtures/host.js';
import { send } from '../fixtures/http-client.js';
import { until } from '../fixtures/wait.js';
import { onlineSuite } from './support/online-suite.js';

const adapters: readonly AdapterName[] = ['Express', 'Fastify'];

for (const adapter of adapters) {
  describeEngine(`maintenance on ${adapter}`, engineOf('postgres'), (engine: Engine) => {
    const place = onlineSuite(engine);

    it('answers 503 with Retry-After to everything but the page, and serves again afterwards', async () => {
      const host = await place().start({ adapter });
      await place().put('old');
      const backup = await host.ask<string>('store');
      await host.ask('start', backup);
      await host.phase('maintenance');
      await until('it is in maintenance', async () => (await host.get('/ping')).status === 503);
      const { seen } = { seen: (await host.get('/ping')).json.seen };
      expect(seen).toBeUndefined();
      const answer = await host.note('too early');
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('5');
      expect(answer.json).toEqual({
        statusCode: 503,
        error: 'Service Unavailable',
        code: 'MAINTENANCE',
        message: expect.any(String),
      });
      const page = await send(new URL('/utils/backup/status', host.url).href, { method: 'GET' });
      expect(page.status).not.toBe(503);
      expect(await host.over()).toMatchObject({ result: 'restored' });
      expect((await host.note('in time')).status).toBe(201);
    });

    it('waits for requests that are being answered', async () => {
      const host = await place().start({ adapter });
      await place().put('old');
      const backup = await host.ask<string>('store');
      const started = performance.now();
      const slow = host.get('/slow?ms=4000').then((answer) => ({ ...answer, at: performance.now() - started }));
      await sleep(200);
      await host.ask('start', backup);
      await host.phase('point');
      const began = performance.now() - started;
      const answered = await slow;
      expect(answered.status).toBe(200);
      expect(began).toBeGreaterThan(answered.at - 100);
      expect(await host.over()).toMatchObject({ result: 'restored' });
    });
  });
}

for (const name of everyday(offered(['postgres', 'mariadb', 'better-sqlite3 (WAL)'] as const), 2)) {
  describeEngine('maintenance of several processes', name, (engine) => {
    const place = onlineSuite(engine);

    it('reaches the other process within two seconds, and ends there, too', async () => {
      const one = await place().start();
      const other = await place().start();
      await place().put('old');
      const backup = await one.ask<string>('store');
      await one.ask('start', backup);
      await one.phase('maintenance');
      await until('the other one is in maintenance', async () => (await other.get('/ping')).status === 503, 2_000);
      expect((await other.last())?.result).toBeNull();
      await one.over();
      await until('the other one serves', async () => (await other.get('/ping')).status === 200, 2_000);
      expect(await other.last()).toMatchObject({ result: 'restored' });
    });

    it('ends in the other process when the one that restores is gone, and that one says how it ended', async () => {
      const one = await place().start();
      const other = await place().start();
      await place().put('old', 20_000);
      const backup = await one.ask<string>('store');
      const before = await place().digest();
      await one.ask('start', backup);
      await one.phase('point');
      await one.kill();
      await until('the other one serves', async () => (await other.get('/ping')).status === 200, 40_000);
      await until('it knows', async () => (await other.last())?.result !== null, 40_000);
      expect(await other.last()).toMatchObject({ result: 'unchanged', error: { code: 'ABORTED' } });
      expect(await place().digest()).toBe(before);
    });
  });
}
