import { EventEmitter } from 'node:events';
import { CopyOut } from '../../../../../lib/database/dialects/postgres/copy-out.js';

const message = (code: string, content: Buffer, length = content.length + 4): Buffer => {
  const head = Buffer.alloc(5, code);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, content]);
};
const row = (text: string) => message('d', Buffer.from(text));
const DONE = message('c', Buffer.alloc(0));

/** A connection as node-postgres has it, to which the test sends. */
function connection() {
  const returned: Buffer[] = [];
  const stream = Object.assign(new EventEmitter(), { pause: () => stream, resume: () => stream });
  const handler = (bytes: Buffer) => returned.push(Buffer.from(bytes));
  stream.on('data', handler);
  return { stream, handler, returned, query: () => {} };
}

function copyOf(maxRowBytes = 1_000_000) {
  const rows: string[] = [];
  const copy = new CopyOut('COPY t TO STDOUT', {
    onRow: ({ bytes }, start, end) => rows.push(bytes.toString('utf8', start, end)),
    maxRowBytes,
    tooLong: () => new Error('too long'),
  });
  const to = connection();
  expect(copy.submit(to)).toBeUndefined();
  return { copy, rows, ...to };
}

describe('Rows that COPY sends', () => {
  it('are read past messages of other kinds, and what follows the last one is for node-postgres', async () => {
    const { copy, rows, stream, handler, returned } = copyOf();
    const rest = message('C', Buffer.from('COPY 2'));
    stream.emit('data', Buffer.concat([message('H', Buffer.alloc(3)), row('a'), message('N', Buffer.from('notice'))]));
    expect(await copy.advance()).toBe(true);
    stream.emit('data', Buffer.concat([row('b'), DONE, rest]));
    expect(await copy.advance()).toBe(true);
    expect(rows).toEqual(['a', 'b']);
    expect(returned).toEqual([rest]);
    expect(stream.listeners('data')).toEqual([handler]);
    copy.handleReadyForQuery();
    expect(await copy.advance()).toBe(false);
  });

  it('give way to an error of the server, which may arrive in pieces', async () => {
    const { copy, rows, stream, returned } = copyOf();
    const error = message('E', Buffer.from('something'));
    stream.emit('data', Buffer.concat([row('a'), error.subarray(0, 1)]));
    await copy.advance();
    stream.emit('data', error.subarray(1));
    expect(rows).toEqual(['a']);
    expect(Buffer.concat(returned)).toEqual(error);
  });

  it('may not be longer than a line can be: its memory is not even asked for', async () => {
    const { copy, stream } = copyOf(1000);
    stream.emit('data', message('d', Buffer.alloc(10), 2_000_000_000));
    await expect(copy.advance()).rejects.toThrow('too long');
  });

  it('are not asked for while something else reads from the connection', () => {
    const copy = new CopyOut('COPY t TO STDOUT', { onRow() {}, maxRowBytes: 1, tooLong: () => new Error() });
    const to = connection();
    to.stream.on('data', () => {});
    expect(copy.submit(to)).toEqual(new Error('Something else reads from this connection.'));
    expect(to.stream.listeners('data')).toHaveLength(2);
  });
});
