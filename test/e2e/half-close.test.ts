import type { Socket } from 'node:net';
import { fillBulk } from '../fixtures/bulk.js';
import { asSystem, body, describeEachAdapter, ENDPOINT, type Host } from '../fixtures/host.js';
import { sendRaw } from '../fixtures/http-client.js';

/** Cases in which Node by itself would close in order, which an HTTP/1.0 client takes for the archive's end. */
describeEachAdapter('A connection that ends before the archive does', (hosting) => {
  let host: Host;
  let accepted: Socket;
  beforeAll(async () => {
    host = await hosting.start({ options: { compressionLevel: 0 } });
    host.app.getHttpServer().on('connection', (socket: Socket) => (accepted = socket));
    await fillBulk(host.dataSource, 24);
  });
  afterEach(() => host.unlocked());

  it.each([
    ['the client closes its sending half', (client: Socket) => client.end()],
    ['the host’s timeout for idle connections strikes', () => accepted.emit('timeout')],
  ])('is reset when %s', async (_, onFirstBytes) => {
    const ask = { version: '1.0', body, headers: asSystem, onFirstBytes } as const;
    const { text, ending } = await sendRaw(host.url + ENDPOINT, ask);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(ending).toBe('reset');
  });
});
