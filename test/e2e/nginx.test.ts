import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fillBulk } from '../fixtures/bulk.js';
import { blocksIn } from '../fixtures/documentation.js';
import { asSystem, body, describeEachAdapter, ENDPOINT, type Host, type Hosting } from '../fixtures/host.js';
import { open, send } from '../fixtures/http-client.js';
import { describeNginx, Nginx } from '../fixtures/nginx.js';
import { TcpProxy } from '../fixtures/tcp-proxy.js';
import { until } from '../fixtures/wait.js';

/** More than the system's buffers on the way hold, which grow while nginx reads. */
const MEGABYTES = 60;
const long = Boolean(process.env.TEST_LONG);
/** nginx's timeouts are 60 s. The everyday run has shorter ones, and a stream that is as many times as long. */
const SCALE = long ? { timeouts: [], stream: 600_000 } : { timeouts: timeouts('12s'), stream: 15_000 };
const UNBUFFERED: string[] = [];
/** What a configuration may have against the answer's own `X-Accel-Buffering: no`. */
const BUFFERED = ['proxy_ignore_headers X-Accel-Buffering;'];
const documented = blocksIn('docs/operations.md', 'nginx')[0]!.code;

function timeouts(time: string): string[] {
  return ['proxy_read_timeout', 'proxy_send_timeout', 'send_timeout'].map((name) => `${name} ${time};`);
}

const ways: Array<[string, string[]]> = [
  ['its defaults, HTTP/1.0 towards the application', UNBUFFERED],
  ['HTTP/1.1 towards the application', ['proxy_http_version 1.1;', 'proxy_set_header Connection "";']],
  ['buffers that the answer may not switch off', BUFFERED],
  ['both', [...BUFFERED, 'proxy_http_version 1.1;']],
  [
    'what the documentation recommends',
    [/location[^{]*\{([^}]*)\}/.exec(documented)![1]!.replace(/proxy_pass[^;]*;/, '')],
  ],
];

describeNginx('Behind nginx', () => {
  describeEachAdapter('a backup', suite, 'postgres', long ? undefined : ['Express']);
});

function suite(hosting: Hosting): void {
  let host: Host;
  let wire: TcpProxy;
  let nginx: Nginx | undefined;
  beforeAll(async () => {
    const wired = await TcpProxy.before(hosting.database.options);
    wire = wired.proxy;
    host = await hosting.start({ database: wired.options, options: { compressionLevel: 0 } });
    await fillBulk(host.dataSource, MEGABYTES);
  });
  afterAll(() => wire.close());
  beforeEach(() => (host.logs.length = 0));
  afterEach(async () => {
    await nginx?.stop();
    nginx = undefined;
    await host.unlocked();
  });

  const through = async (location: string[]) => {
    nginx = await Nginx.before(host.url, location);
    return (ask = {}) => open(nginx!.url + ENDPOINT, { body, headers: asSystem, ...ask });
  };
  const last = () => host.events.at(-1)?.event;

  it.each(ways)('arrives whole through %s', async (_, location) => {
    const ask = await through(location);
    const response = await ask();
    const received = await drain(response);
    expect(response.headers).toMatchObject({ 'content-type': 'application/zip', 'cache-control': 'no-store' });
    expect(response.complete).toBe(true);
    expect(received.length).toBeGreaterThan(MEGABYTES * 1e6);
    expect(received.subarray(-4_000).toString('latin1')).toContain('manifest.json');
  });

  it.each(ways)('that breaks arrives broken through %s', async (_, location) => {
    const ask = await through(location);
    const response = await ask();
    const broken = once(response, 'error');
    response.once('data', () => {
      response.pause();
      wire.cut();
      // Before the client goes on nginx has noticed.
      void until('it is broken', () => last() === 'backup.failed').then(() => response.resume());
    });
    const [error] = await broken;
    expect(error.code).toBe('ECONNRESET');
    expect(response.complete).toBe(false);
  });

  const paces: Array<[string, string[]]> = [
    ['at the speed of the client', UNBUFFERED],
    ['into its buffers', BUFFERED],
  ];
  it.each(long ? paces : paces.slice(0, 1))(
    'that takes longer than all timeouts arrives whole, %s',
    async (_, location) => {
      const ask = await through([...SCALE.timeouts, ...location]);
      const response = await ask();
      const begun = performance.now();
      let received = 0;
      for await (const chunk of response) {
        received += (chunk as Buffer).length;
        const due = begun + (received / (MEGABYTES * 1e6)) * SCALE.stream;
        if (due > performance.now()) await sleep(due - performance.now());
      }
      expect(performance.now() - begun).toBeGreaterThan(SCALE.stream);
      expect(response.complete).toBe(true);
      expect(received).toBeGreaterThan(MEGABYTES * 1e6);
    },
    SCALE.stream + 180_000,
  );

  it('does not wait for its client where nginx buffers, and does where it does not', async () => {
    for (const [location, ends] of [
      [UNBUFFERED, false],
      [BUFFERED, true],
    ] as const) {
      host.logs.length = 0;
      const ask = await through([...location]);
      const response = await ask();
      await once(response, 'readable');
      const finished = await until('it is finished', () => last() === 'backup.finished', ends ? 10_000 : 1_000).then(
        () => true,
        () => false,
      );
      expect(finished).toBe(ends);
      response.destroy();
      await host.unlocked();
      await nginx!.stop();
    }
  });

  it('ends within a second when its client leaves', async () => {
    const ask = await through(UNBUFFERED);
    const response = await ask();
    await once(response, 'readable');
    response.destroy();
    await until('it is aborted', () => last() === 'backup.aborted');
  });

  it('is refused by nginx, not by the application, when its request is larger than 1 MB', async () => {
    await through(UNBUFFERED);
    const large = { key: 'x'.repeat(1.1 * 1024 * 1024) };
    const answer = await send(nginx!.url + ENDPOINT, { body: large, headers: asSystem });
    expect(answer.status).toBe(413);
    expect(host.events).toEqual([]);
  });
}

async function drain(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
