import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { lendingSocket } from '../../../../../lib/database/dialects/postgres/copy-out.js';
import { giveBack } from '../../../../../lib/support/lent-bytes.js';

const PIECES = Array.from({ length: 12 }, (_, index) => Buffer.alloc(1000, index));

describe('A socket that lends its chunks', () => {
  const server = createServer();
  let here: Socket;
  let there: Socket;

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connected = once(server, 'connection') as Promise<[Socket]>;
    here = lendingSocket().connect((server.address() as AddressInfo).port, '127.0.0.1');
    [there] = await connected;
  });
  afterAll(async () => {
    here?.destroy();
    there?.destroy();
    server.close();
    await once(server, 'close');
  });

  /** Sends the pieces one by one, each when the last one has arrived. */
  async function send(arrived: () => number): Promise<void> {
    for (const [index, piece] of PIECES.entries()) {
      there.write(piece);
      while (arrived() < (index + 1) * piece.length) await setImmediate();
    }
  }

  it('keeps what nobody has read yet', async () => {
    here.pause();
    here.read(0); // Reading begins, although nothing is taken.
    await send(() => here.readableLength);
    // In one piece or several, depending on the version of Node.
    const read: Buffer[] = [];
    for (let chunk = here.read(); chunk !== null; chunk = here.read()) read.push(chunk as Buffer);
    expect(Buffer.concat(read)).toEqual(Buffer.concat(PIECES));
  });

  it('uses the memory again of chunks that are given back, and of no others', async () => {
    const memory = new Set<ArrayBufferLike>();
    const kept: Buffer[] = [];
    let bytes = 0;
    here.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      memory.add(chunk.buffer);
      if (kept.length < PIECES.length) kept.push(chunk);
      else giveBack(chunk);
    });
    here.resume();
    await send(() => bytes);
    const before = memory.size;
    await send(() => bytes - PIECES.length * 1000);
    await send(() => bytes - 2 * PIECES.length * 1000);
    expect(Buffer.concat(kept)).toEqual(Buffer.concat(PIECES));
    expect(before).toBe(PIECES.length);
    // One that is read into, and one that is given back after the next one has been provided.
    expect(memory.size).toBeLessThanOrEqual(before + 2);
  });
});
