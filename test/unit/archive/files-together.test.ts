import { randomBytes } from 'node:crypto';
import { setTimeout as sleep, setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { ArchiveWriter } from '../../../lib/archive/archive-writer.js';
import { LARGEST } from '../../../lib/archive/archiver/entry-headers.js';
import { type ZipEngine, zipEngine } from '../../../lib/archive/archiver/internals.js';
import type { FileEntry } from '../../../lib/archive/entry-attributes.js';
import { type Chance, drain, sampled } from '../../fixtures/streams.js';
import { checkedEntries, zipEntries } from '../../fixtures/zip.js';

const NAMES = ['plain', 'Ελληνικά', 'with space', '😀', 'C:x', 'ends.', '-rf'];
const SIZES = [0, 1, 3_000, 16_384, 16_385, 60_000];
const TIMES = [1.7e12 + 0.123, -1e12, 4e12, 0, 1.5, 2 ** 31 * 1000];

/** Files of all kinds, some of them alike. */
function someFiles(chance: Chance, count = 300): FileEntry[] {
  const one = <T>(values: readonly T[]) => values[chance.between(0, values.length - 1)]!;
  return Array.from({ length: count }, (_, index) => ({
    name: `uploads/${index}/${one(NAMES)}`,
    bytes: chance.between(0, 1) ? randomBytes(one(SIZES)) : Buffer.alloc(one(SIZES), 'words '),
    mode: one([0o644, 0o600, 0o4755, 0]),
    mtimeMs: one(TIMES),
    uncompressed: chance.between(0, 1) === 1,
  }));
}

const engineOf = (writer: ArchiveWriter) =>
  zipEngine((writer as unknown as { archive: Parameters<typeof zipEngine>[0] }).archive) as ZipEngine;

/** An archive of files, with its digest and the names that it said it had. */
async function archiveOf(files: readonly FileEntry[], add: (writer: ArchiveWriter) => Promise<void>, level = 3) {
  const writer = new ArchiveWriter(level);
  const reading = drain(writer.stream);
  await writer.addBytes('VERSION', Buffer.from('1'), { mtimeMs: 0 });
  await add(writer);
  const names = [...writer.entryNames()].map(String);
  await writer.addBytes('manifest.json', Buffer.from('{}'), { mtimeMs: 0 });
  const digest = writer.entriesDigest();
  writer.finish();
  const { output, error } = await reading;
  expect(error).toBeUndefined();
  expect(names).toEqual(['VERSION', ...files.map(({ name }) => name)]);
  return { output, digest };
}

async function oneByOne(writer: ArchiveWriter, files: readonly FileEntry[]): Promise<void> {
  for (const { name, bytes, ...attributes } of files) await writer.addBytes(name, bytes, attributes);
}

describe('Files that are added together', () => {
  it.each([0, 3])('make the same archive of level %i as one by one, byte for byte', (level) =>
    sampled(process.env.TEST_LONG ? 20 : 2, async (chance) => {
      const files = someFiles(chance);
      const together = await archiveOf(files, (writer) => writer.addFiles(files), level);
      const expected = await archiveOf(files, (writer) => oneByOne(writer, files), level);
      expect(together.output.equals(expected.output)).toBe(true);
      expect(together.digest).toBe(expected.digest);
      const entries = await checkedEntries(together.output);
      expect(entries.slice(1, -1).map(({ name, content }) => [name, content.equals(contentOf(files, name))])).toEqual(
        files.map(({ name }) => [name, true]),
      );
    }),
  );

  it('are written in a few pieces', async () => {
    const writer = new ArchiveWriter(0);
    let pieces = 0;
    const { write } = engineOf(writer);
    engineOf(writer).write = (chunk) => {
      pieces++;
      return write(chunk);
    };
    const reading = drain(writer.stream);
    await writer.addFiles(
      Array.from({ length: 50 }, (_, index) => ({ name: `a/${index}`, bytes: Buffer.alloc(3000) })),
    );
    // The first one is the pattern: its header and its content.
    expect(pieces).toBeLessThan(10);
    writer.finish();
    expect(await checkedEntries((await reading).output)).toHaveLength(50);
  });

  it('leave a name to archiver that it would change', async () => {
    const names = ['a/plain', 'C:drive', '/absolute', '../up', 'a//twice', 'a\\b', 'a/plain2', 'folder/'];
    const files = names.map((name) => ({ name, bytes: Buffer.from('x'), mode: 0o644, mtimeMs: 0, uncompressed: true }));
    const writers = [new ArchiveWriter(3), new ArchiveWriter(3)] as const;
    const readings = writers.map(({ stream }) => drain(stream));
    await writers[0].addFiles(files);
    await oneByOne(writers[1], files);
    for (const writer of writers) writer.finish();
    const [together, expected] = await Promise.all(readings);
    expect(together!.output.equals(expected!.output)).toBe(true);
  });

  it('get the headers of ZIP64 where the archive is that long', async () => {
    const files = Array.from({ length: 40 }, (_, index) => ({
      name: `a/${index}`,
      bytes: Buffer.alloc(60_000, 'text'),
      mtimeMs: 0,
      uncompressed: true,
    }));
    const far = async (add: (writer: ArchiveWriter) => Promise<void>) => {
      const writer = new ArchiveWriter(3);
      const reading = drain(writer.stream);
      await writer.addFiles(files.slice(0, 2));
      engineOf(writer).offset += LARGEST - 1_000_000;
      await add(writer);
      writer.finish();
      return (await reading).output;
    };
    const together = await far((writer) => writer.addFiles(files.slice(2)));
    expect(together.equals(await far((writer) => oneByOne(writer, files.slice(2))))).toBe(true);
  });

  it('stay when an entry after them is withdrawn', async () => {
    const writer = new ArchiveWriter(3);
    const reading = drain(writer.stream);
    const files = ['a/1', 'a/2', 'a/3'].map((name) => ({ name, bytes: Buffer.from(name) }));
    await writer.addFiles(files);
    async function* failing(): AsyncGenerator<Buffer> {
      yield Buffer.from('half');
      throw new Error('gone');
    }
    await expect(writer.addStream('a/3', failing(), { discardOnError: true })).rejects.toThrow('gone');
    await writer.addBytes('last', Buffer.from('x'));
    writer.finish();
    const { output } = await reading;
    expect((await zipEntries(output)).map(({ name }) => name)).toEqual(['a/1', 'a/2', 'a/3', 'last']);
  });

  it('let the event loop go on', async () => {
    const writer = new ArchiveWriter(9);
    const reading = drain(writer.stream);
    const files = Array.from({ length: 2_000 }, (_, index) => ({
      name: `a/${index}`,
      bytes: Buffer.alloc(9_000, 'text '),
    }));
    let ended = false;
    const adding = writer.addFiles(files).then(() => (ended = true));
    let turns = 0;
    for (; !ended; turns++) await turnOfTheLoop();
    await adding;
    expect(turns).toBeGreaterThan(5);
    writer.finish();
    expect((await reading).error).toBeUndefined();
  });

  it('wait while nobody reads the archive, and fail when its reader leaves', async () => {
    const writer = new ArchiveWriter(0);
    let taken = 0;
    const files = Array.from({ length: 100 }, (_, index) => ({ name: `a/${index}`, bytes: Buffer.alloc(10_000) }));
    const adding = (async () => {
      for (; taken < 100_000_000; taken += 1_000_000) await writer.addFiles(files);
    })();
    adding.catch(() => {});
    for (let before = -1; before !== taken; ) {
      before = taken;
      await sleep(200);
    }
    expect(taken).toBeLessThan(5_000_000);
    writer.stream.destroy(new Error('the client left'));
    await expect(adding).rejects.toThrow('the client left');
    await expect(writer.addFiles(files.slice(0, 1))).rejects.toThrow('the client left');
  });
});

describe('Files that are added together to an engine that looks different', () => {
  it.each(['_writeCentralDirectoryZip64', '_normalizeEntry'] as const)(
    'make an archive that every reader accepts (%s is missing)',
    (missing) =>
      sampled(1, async (chance) => {
        const files = someFiles(chance, 60);
        const writer = writerWithout(missing);
        const reading = drain(writer.stream);
        await writer.addFiles(files);
        expect(writer.entriesDigest() === undefined || !writer.faster).toBe(true);
        writer.finish();
        const entries = await checkedEntries((await reading).output);
        expect(entries.map(({ name, content }) => [name, content.equals(contentOf(files, name))])).toEqual(
          files.map(({ name }) => [name, true]),
        );
      }),
  );
});

function contentOf(files: readonly FileEntry[], name: string): Buffer {
  return files.find((file) => file.name === name)!.bytes;
}

/** Hides a private member of archiver's engine while a writer is made. */
function writerWithout(name: keyof ZipEngine): ArchiveWriter {
  let owner = Object.getPrototypeOf(engineOf(new ArchiveWriter(0))) as object;
  while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner) as object;
  const member = Object.getOwnPropertyDescriptor(owner, name)!;
  Object.defineProperty(owner, name, { ...member, value: undefined });
  try {
    return new ArchiveWriter(3);
  } finally {
    Object.defineProperty(owner, name, member);
  }
}
