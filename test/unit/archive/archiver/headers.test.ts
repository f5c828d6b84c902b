import { ArchiveWriter } from '../../../../lib/archive/archive-writer.js';
import {
  centralRecord,
  hasPlainHeaders,
  LARGEST,
  localHeader,
} from '../../../../lib/archive/archiver/entry-headers.js';
import { type EngineEntry, type ZipEngine, zipEngine } from '../../../../lib/archive/archiver/internals.js';
import { drain } from '../../../fixtures/streams.js';

type Step = '_writeLocalFileHeader' | '_writeCentralFileHeader';

async function* chunks() {
  yield Buffer.alloc(100_000, 'text');
}

describe('Headers of entries', () => {
  let writer: ArchiveWriter;
  let engine: ZipEngine;
  let reading: ReturnType<typeof drain>;

  beforeEach(() => {
    writer = new ArchiveWriter(3);
    reading = drain(writer.stream);
    engine = zipEngine((writer as unknown as { archive: Parameters<typeof zipEngine>[0] }).archive) as ZipEngine;
  });
  afterEach(async () => {
    writer.finish();
    expect((await reading).error).toBeUndefined();
  });

  /** What the engine writes of an entry by itself. */
  const written = (step: Step, entry: EngineEntry): Buffer => {
    const pieces: Buffer[] = [];
    const write = (piece: Buffer | string) => pieces.push(Buffer.from(piece));
    (Object.getPrototypeOf(engine) as ZipEngine)[step].call({ offset: entry._offsets.file, write } as never, entry);
    return Buffer.concat(pieces);
  };

  it.each<[string, () => Promise<void>]>([
    ['an empty file', () => writer.addBytes('data/empty', Buffer.alloc(0))],
    ['a small file', () => writer.addBytes('data/small', Buffer.alloc(3000, 'text'), { mode: 0o600, mtimeMs: 1.5 })],
    ['a stored file', () => writer.addBytes('data/a.jpg', Buffer.alloc(3000, 'text'), { uncompressed: true })],
    ['a file of another alphabet', () => writer.addBytes('data/Ελληνικά 😀', Buffer.from('γ'), { mtimeMs: -1e12 })],
    ['a large file', () => writer.addBytes('data/large', Buffer.alloc(100_000, 'text'))],
    ['a streamed file', () => writer.addStream('data/streamed', chunks(), { mtimeMs: 4e12 })],
    ['a streamed and stored file', () => writer.addStream('data/b.jpg', chunks(), { uncompressed: true })],
    ['a directory', () => writer.addDirectory('data/folder', { mode: 0o2770 })],
  ])('are those of the engine, for %s', async (_, add) => {
    await writer.addBytes('before', Buffer.alloc(1234));
    await add();
    const entry = engine._entries.at(-1)!;
    expect(hasPlainHeaders(entry)).toBe(true);
    expect(localHeader(entry).toString('hex')).toBe(written('_writeLocalFileHeader', entry).toString('hex'));
    expect(centralRecord(entry).toString('hex')).toBe(written('_writeCentralFileHeader', entry).toString('hex'));
  });

  it('are left to the engine for an entry that needs ZIP64, or lies far behind', async () => {
    await writer.addBytes('data/file', Buffer.from('content'));
    const entry = engine._entries.at(-1)!;
    const { file } = entry._offsets;
    entry._offsets.file = LARGEST + 1;
    expect(hasPlainHeaders(entry)).toBe(false);
    entry._offsets.file = file;
    const size = entry.getSize();
    entry.setSize(LARGEST + 1);
    expect(hasPlainHeaders(entry)).toBe(false);
    entry.setSize(size);
  });
});
