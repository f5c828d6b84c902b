import * as zlib from 'node:zlib';
import { jest } from '@jest/globals';

/** Each of them has a stream, of which V8 keeps something for long. */
const deflateRawSync = jest.fn(zlib.deflateRawSync);
const inflateRawSync = jest.fn(zlib.inflateRawSync);
const createDeflateRaw = jest.fn(zlib.createDeflateRaw);
const createInflateRaw = jest.fn(zlib.createInflateRaw);
const counted = { deflateRawSync, inflateRawSync, createDeflateRaw, createInflateRaw };
jest.unstable_mockModule('node:zlib', () => ({ ...zlib, ...counted }));

const { ArchiveWriter } = await import('../../../lib/archive/archive-writer.js');
const { ArchiveReader } = await import('../../../lib/archive/read/archive-reader.js');
const { madeArchive, sourceOf } = await import('../restore/support/made-archive.js');
const { drain } = await import('../../fixtures/streams.js');

const FILES = 300;
const FILE_CONTENTS = Array.from({ length: FILES }, (_, index) => Buffer.from(`file ${index} `.repeat(1 + index)));
const NAMED = FILE_CONTENTS.map((bytes, index) => [`files/${index}`, bytes] as const);

function streams(): number {
  return Object.values(counted).reduce((sum, { mock }) => sum + mock.calls.length, 0);
}

describe('Many small files', () => {
  it('are written without a stream of zlib for each of them', async () => {
    const before = streams();
    const writer = new ArchiveWriter(3);
    const reading = drain(writer.stream);
    await writer.addFiles(NAMED.map(([name, bytes]) => ({ name, bytes, mtimeMs: 0, mode: 0o644 })));
    writer.finish();
    expect((await reading).error).toBeUndefined();
    // One for each size of the window.
    expect(streams() - before).toBeLessThan(10);
  });

  it('are read without one', async () => {
    const archive = await madeArchive({ files: Object.fromEntries(NAMED) });
    const before = streams();
    const reader = await ArchiveReader.open(sourceOf(archive));
    for (const [name, bytes] of NAMED) {
      const read = await reader.bytes(reader.find(`uploads/${name}`)!);
      expect(read.equals(bytes)).toBe(true);
    }
    expect(streams() - before).toBeLessThan(2);
  });
});
