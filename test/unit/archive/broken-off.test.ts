import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep, setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { ArchiveWriter } from '../../../lib/archive/archive-writer.js';
import { ArchiveService } from '../../../lib/files/archive.service.js';
import { numbered, openBelow, plant, temporaryDirectory } from '../../fixtures/files.js';
import { drain } from '../../fixtures/streams.js';
import { until } from '../../fixtures/wait.js';

const MANY = randomBytes(3_000_000);

/** Jest fails a test for an uncaught exception or rejection, if it is still running when that comes. */
const letItSurface = () => sleep(20);

async function* failing(error: unknown): AsyncGenerator<Buffer> {
  yield MANY;
  throw error;
}

describe('An archive with a source that fails', () => {
  it.each([
    ['after its first bytes', failing(new Error('connection lost'))],
    [
      'at once',
      Readable.from(
        (async function* () {
          throw new Error('connection lost');
        })(),
        { objectMode: false },
      ),
    ],
  ])('never ends like a whole one, when it fails %s', async (_when, source) => {
    const writer = new ArchiveWriter(3);
    const reading = drain(writer.stream);
    await writer.addBytes('VERSION', Buffer.from('1'));
    await expect(writer.addStream('backup.jsonl', source)).rejects.toThrow('connection lost');
    await expect(writer.addBytes('manifest.json', Buffer.from('{}'))).rejects.toThrow('connection lost');
    writer.finish();
    const { output, error } = await reading;
    expect(error?.message).toBe('connection lost');
    expect(output.includes('PK\x05\x06')).toBe(false);
    await letItSurface();
  });

  it('is broken off with our own error when the source throws something else', async () => {
    const writer = new ArchiveWriter(3);
    const reading = drain(writer.stream);
    await expect(writer.addStream('backup.jsonl', failing('a text'))).rejects.toBe('a text');
    expect((await reading).error).toMatchObject({ code: 'ARCHIVE_FAILED', cause: 'a text' });
    await letItSurface();
  });
});

describe('An archive that is aborted', () => {
  it('leaves no thread, however early it is', async () => {
    const threads = () => readdirSync('/proc/self/task').length;
    // Node's own threads start with their first work.
    await drain(new ArchiveWriter(3).stream.destroy());
    await sleep(200);
    const before = threads();
    for (let turns = 0; turns < 12; turns++) {
      const writer = new ArchiveWriter(3);
      writer.stream.on('error', () => {});
      const adding = writer
        .addBytes('VERSION', Buffer.from('1'))
        .then(() => writer.addStream('backup.jsonl', Readable.from([MANY], { objectMode: false })));
      for (let turn = 0; turn < turns; turn++) await turnOfTheLoop();
      writer.abort(new Error('the host stops'));
      await expect(adding).rejects.toThrow('the host stops');
    }
    await until('every thread has ended', () => threads() <= before);
  });

  it('fails with the reason, whatever the writer was at', async () => {
    const writer = new ArchiveWriter(3);
    const reading = drain(writer.stream);
    const adding = writer.addStream('backup.jsonl', new PassThrough());
    writer.abort(new Error('the host stops'));
    await expect(adding).rejects.toThrow('the host stops');
    expect((await reading).error?.message).toBe('the host stops');
    await letItSurface();
  });
});

describe('When the reader of an archive leaves', () => {
  const directory = temporaryDirectory();

  it('the source that is being read is closed', async () => {
    const writer = new ArchiveWriter(3);
    let closed = false;
    async function* rows(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield randomBytes(10_000);
      } finally {
        closed = true;
      }
    }
    const adding = writer.addStream('backup.jsonl', rows());
    writer.stream.once('data', () => writer.stream.destroy());
    await expect(adding).rejects.toThrow();
    await until('the source is closed', () => closed);
    await letItSurface();
  });

  it('a source that comes too late is closed all the same', async () => {
    const writer = new ArchiveWriter(3);
    writer.stream.destroy();
    await sleep(5);
    const source = new PassThrough();
    await expect(writer.addStream('backup.jsonl', source)).rejects.toThrow();
    expect(source.destroyed).toBe(true);
    await letItSurface();
  });

  it.each([
    ['in the middle of a large file', { 'large.png': randomBytes(8_000_000), ...numbered(50) }],
    ['between small files', Object.fromEntries(Object.keys(numbered(400)).map((name) => [name, randomBytes(60_000)]))],
    [
      'among files that wait in their turn',
      { 'a.png': MANY, 'b.png': MANY, 'c.png': MANY, 'd.png': MANY, 'e.png': MANY },
    ],
  ])('no file stays open, %s', async (_when, files) => {
    plant(directory.path, { ...files, 'sub/one': 'x' });
    const service = new ArchiveService();
    const writer = service.createWriter(3);
    const adding = service.addDirectory(writer, { name: 'uploads', path: directory.path });
    await until('files are open', () => openBelow(directory.path).length > 0);
    writer.stream.once('data', () => writer.stream.destroy(new Error('the client left')));
    await expect(adding).rejects.toThrow('the client left');
    await until('every file is closed', () => openBelow(directory.path).length === 0);
    await letItSurface();
  });

  it('with an error of the system, it is not said of the directory', async () => {
    plant(directory.path, { 'large.png': randomBytes(8_000_000) });
    const service = new ArchiveService();
    const writer = service.createWriter(3);
    const adding = service.addDirectory(writer, { name: 'uploads', path: directory.path });
    const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' });
    writer.stream.once('data', () => writer.stream.destroy(broken));
    await expect(adding).rejects.toMatchObject({ code: 'EPIPE' });
  });
});
