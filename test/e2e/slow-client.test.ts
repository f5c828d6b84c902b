import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fillBulk } from '../fixtures/bulk.js';
import { describeEachAdapter, type Host } from '../fixtures/host.js';
import { TcpProxy } from '../fixtures/tcp-proxy.js';

const MEGABYTES = 48;
/** What the sockets' buffers between server, proxy, host and client may hold, generously. */
const IN_FLIGHT = 24e6;

describeEachAdapter('A client that reads slowly', (hosting) => {
  let host: Host;
  let proxy: TcpProxy;
  beforeAll(async () => {
    const wired = await TcpProxy.before(hosting.database.options);
    proxy = wired.proxy;
    host = await hosting.start({ database: wired.options, options: { compressionLevel: 0 } });
    await fillBulk(host.dataSource, MEGABYTES);
  });
  afterAll(() => proxy.close());

  it('slows the reading of the database down: nothing piles up in the process', async () => {
    proxy.bytes = 0;
    const response = await host.open();
    await once(response, 'readable');
    response.pause();
    let before = -1;
    // Until nothing moves any more.
    while (proxy.bytes !== before) {
      before = proxy.bytes;
      await sleep(200);
    }
    expect(proxy.bytes).toBeGreaterThan(0);
    expect(proxy.bytes).toBeLessThan(IN_FLIGHT);

    let received = 0;
    for await (const chunk of response) received += (chunk as Buffer).length;
    expect(response.complete).toBe(true);
    expect(received).toBeGreaterThan(MEGABYTES * 1e6);
  });
});
