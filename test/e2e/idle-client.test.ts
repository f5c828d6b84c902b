import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fillBulk } from '../fixtures/bulk.js';
import { connectionsTo } from '../fixtures/connections.js';
import { sampledEngines } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { body, describeEachAdapter, type Host, type Hosting } from '../fixtures/host.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';

const idleTimeout = 2_000;
const MEGABYTES = 18;

/** The adapters make no difference to the engines: both on one of them. */
for (const each of everyday(sampledEngines(), 1)) {
  const adapters = each.name === 'postgres' ? undefined : (['Express'] as const);
  describeEachAdapter('A client that stalls', suite, each, adapters);
}

function suite(hosting: Hosting): void {
  let host: Host;
  let idle: number;
  const connections = () => connectionsTo(hosting.engine, hosting.database);
  beforeAll(async () => {
    host = await hosting.start({ options: { compressionLevel: 0, idleTimeout } });
    await fillBulk(host.dataSource, MEGABYTES);
    await host.post();
    idle = await connections();
  });

  const asks = hosting.engine.name === 'postgres' ? [body, { ...body, aes_key: AES_KEY }] : [body];

  it.each(asks)(
    'is let go after the idleTimeout: its connection is reset, snapshot and lock are free (%#)',
    async (ask) => {
      host.logs.length = 0;
      const begun = performance.now();
      const response = await host.open({ body: ask });
      const broken = once(response, 'error');
      await until('it is ended', () => host.events.at(-1)?.event === 'backup.aborted', idleTimeout + 8_000);
      expect(performance.now() - begun).toBeGreaterThan(idleTimeout * 0.9);
      expect(host.events.at(-1)).toMatchObject({ code: 'IDLE', result: 'failed' });
      const said = /failed: The backup was aborted: the client read nothing for 2 seconds/;
      await until('the log says so', () => said.test(host.logs.join('\n')), 5_000);
      await host.unlocked();
      await until('the connections are closed', async () => (await connections()) <= idle);
      // What it sees of it, should it ever read on.
      response.resume();
      expect(((await broken)[0] as NodeJS.ErrnoException).code).toBe('ECONNRESET');
    },
  );

  if (hosting.engine.name !== 'postgres') return;

  it('is not one that takes a little from time to time', async () => {
    const response = await host.open();
    let received = 0;
    for (let pause = 0; pause < 6; pause++) {
      await sleep(idleTimeout * 0.25);
      // Enough for the kernel to dispatch for more.
      for (const until = received + 3e6; received < until; ) {
        const chunk = response.read() as Buffer | null;
        if (chunk) received += chunk.length;
        else await once(response, 'readable');
      }
    }
    for await (const chunk of response) received += (chunk as Buffer).length;
    expect(response.complete).toBe(true);
    expect(received).toBeGreaterThan(MEGABYTES * 1e6);
  });
}
