import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { watchForIdleness } from '../../../lib/http/backup-response.js';

const TIMEOUT = 300;
const BLOCK = Buffer.alloc(1_000_000, 'x');

async function* blocks(count: number, pause = 0): AsyncGenerator<Buffer> {
  for (let block = 0; block < count; block++) {
    yield BLOCK;
    if (pause > 0) await sleep(pause);
  }
}

/** A server that sends the blocks, and tells after how long it found its client idle; undefined when it did not. */
function sender(content: () => AsyncGenerator<Buffer>, timeout = TIMEOUT) {
  let idleAfter: number | undefined;
  const answer = (response: ServerResponse) => {
    const begun = performance.now();
    const stream = Readable.from(content());
    watchForIdleness(stream, response, timeout, () => {
      idleAfter = performance.now() - begun;
      stream.destroy();
      response.destroy();
    });
    stream.pipe(response);
  };
  return { answer, idleAfter: () => idleAfter };
}

describe('A client', () => {
  const overHttp = async (
    content: () => AsyncGenerator<Buffer>,
    read: (body: Readable) => Promise<unknown>,
    timeout?: number,
  ) => {
    const { answer, idleAfter } = sender(content, timeout);
    const server = createServer((_, response) => answer(response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const [body] = await once(get({ port: (server.address() as AddressInfo).port, agent: false }), 'response');
    body.on('error', () => {});
    await read(body).finally(() => {
      body.destroy();
      server.close();
    });
    return idleAfter();
  };
  const readAll = async (body: Readable) => {
    for await (const _ of body);
  };

  it('that reads is not idle, however slow what is sent to it comes', async () => {
    expect(await overHttp(() => blocks(4, TIMEOUT * 2), readAll)).toBeUndefined();
  });

  it('that takes nothing is idle after the time that it has, and not before', async () => {
    const after = await overHttp(
      () => blocks(100),
      () => sleep(TIMEOUT * 8),
    );
    expect(after).toBeGreaterThanOrEqual(TIMEOUT);
  });

  it('that reads on is not idle because this process has stood still for longer than that', async () => {
    // Long enough that the first bytes after it come in time on a busy machine.
    const timeout = 3_000;
    const after = await overHttp(
      () => blocks(20),
      async (body) => {
        await once(body, 'readable');
        await sleep(TIMEOUT);
        // Bytes wait meanwhile, and nobody here can read them.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, timeout * 1.5);
        await readAll(body);
      },
      timeout,
    );
    expect(after).toBeUndefined();
  });

  it('that takes nothing is idle over HTTP/2 too', async () => {
    const { answer, idleAfter } = sender(() => blocks(100));
    const server = http2.createServer((_, response) => answer(response as unknown as ServerResponse));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const session = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    session.on('error', () => {});
    const stream = session.request({ ':path': '/' });
    stream.on('error', () => {});
    await once(stream, 'response');
    await sleep(TIMEOUT * 8);
    expect(idleAfter()).toBeGreaterThanOrEqual(TIMEOUT);
    session.destroy();
    server.close();
  });
});
