import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeUnless } from '../../../fixtures/unless.js';
import { noZstd } from '../../../fixtures/zstd.js';

const LIBRARY = join(import.meta.dirname, '../../../../dist/archive/compress/zstd-works.js');

/** What the library says in a process of its own. @param change what is different there, of `streams` and `zlib` */
async function works(change = ''): Promise<string> {
  const program = `
    const zlib = require('node:zlib');
    // What all streams of node:zlib have in common.
    let streams = zlib.createDeflateRaw();
    while (!Object.hasOwn(streams, '_processChunk')) streams = Object.getPrototypeOf(streams);
    const { _processChunk } = streams;
    ${change}
    console.log(require(${JSON.stringify(LIBRARY)}).zstdWorks());`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
  return stdout.trim();
}

describe('Whether this Node can make zstd frames', () => {
  it('is known', async () => {
    expect(await works()).toBe(String(noZstd === undefined));
  });
});

describeUnless(noZstd, 'A Node whose zlib is another one', () => {
  it.each([
    ['lacks what is not public', 'delete streams._processChunk;'],
    ['gives out something else', 'streams._processChunk = () => Buffer.alloc(9);'],
    ['ends each block', 'streams._processChunk = function (bytes) { return _processChunk.call(this, bytes, 2); };'],
    ['ends none', 'streams._processChunk = function (bytes) { return _processChunk.call(this, bytes, 1); };'],
  ])('has no zstd for an archive when it %s', async (_, change) => {
    expect(await works(change)).toBe('false');
  });
});
