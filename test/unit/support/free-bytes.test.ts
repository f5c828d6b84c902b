import { freeFilled } from '../../../lib/support/free-bytes.js';
import { itUnless } from '../../fixtures/unless.js';

const CHUNK = 128 * 1024;
const isFreed = (bytes: Buffer) => bytes.buffer.byteLength === 0;
const itOnNewerNodes = itUnless('transfer' in ArrayBuffer.prototype ? undefined : 'this Node cannot transfer memory');

describe('Memory of a stream of zlib', () => {
  itOnNewerNodes('is freed at once when it was filled to its end', () => {
    const memory = Buffer.allocUnsafeSlow(CHUNK);
    const last = memory.subarray(1000);
    freeFilled(last, CHUNK);
    expect(isFreed(memory)).toBe(true);
    expect(isFreed(last)).toBe(true);
  });

  it('stays while the stream has room left in it', () => {
    const memory = Buffer.allocUnsafeSlow(CHUNK);
    freeFilled(memory.subarray(0, CHUNK - 1), CHUNK);
    expect(isFreed(memory)).toBe(false);
  });

  it('stays when it may be shared with other small buffers', () => {
    const shared = Buffer.allocUnsafeSlow(Buffer.poolSize);
    freeFilled(shared.subarray(100), CHUNK);
    expect(isFreed(shared)).toBe(false);
  });
});
