import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ArchiveWriter } from '../../../lib/archive/archive-writer.js';
import { ArchiveReader } from '../../../lib/archive/read/archive-reader.js';
import { displayName } from '../../../lib/support/visible-text.js';
import { madeArchive, sourceOf } from '../restore/support/made-archive.js';

const FILES: Record<string, Buffer | null> = {
  'small.txt': Buffer.from('hello'),
  'empty.txt': Buffer.alloc(0),
  'ünïcode/日本.png': randomBytes(1000),
  'deep/er/and/deeper': Buffer.from('x'),
  'no files here': null,
  'large.txt': Buffer.alloc(3_000_000, 'some text '),
  'large.png': randomBytes(2_000_000),
};

describe('An archive that was read', () => {
  it.each([0, 3, 9])('is what was written, at level %i', async (level) => {
    const bytes = await madeArchive({ files: FILES }, level);
    const reader = await ArchiveReader.open(sourceOf(bytes));
    const names = [...reader.entries()].map(({ name }) => name);
    const files = Object.keys(FILES).map((name) => `uploads/${name}`);
    expect(names).toEqual(['VERSION', 'migrations.json', 'backup.jsonl', ...files, 'manifest.json']);
    for (const [name, content] of Object.entries(FILES)) {
      const entry = reader.find(`uploads/${name}`)!;
      expect(entry).toMatchObject({ isDirectory: content === null, size: content?.length ?? 0 });
      expect((await buffer(reader.read(entry))).equals(content ?? Buffer.alloc(0))).toBe(true);
      expect((await reader.bytes(entry)).equals(content ?? Buffer.alloc(0))).toBe(true);
    }
    expect(reader.find('uploads/nothing')).toBeUndefined();
    expect(await reader.readText('VERSION')).toBe('1.4.2');
    expect(reader.find('uploads/small.txt')!.mode).toBe(0o600);
    expect(Math.abs(reader.find('VERSION')!.modified.getTime() - Date.now())).toBeLessThan(60_000);
  });

  it('may lack what was discarded while it was written', async () => {
    const writer = new ArchiveWriter(3);
    const reading = buffer(writer.stream);
    for (const name of ['VERSION', 'migrations.json', 'backup.jsonl']) await writer.addBytes(name, Buffer.from('{}'));
    const broken = async function* () {
      yield Buffer.alloc(100_000, 'x');
      throw new Error('It vanished.');
    };
    await expect(writer.addStream('uploads/gone', broken(), { discardOnError: true })).rejects.toThrow('vanished');
    await writer.addBytes('manifest.json', Buffer.from('{}'));
    writer.finish();
    const reader = await ArchiveReader.open(sourceOf(await reading));
    for (const entry of reader.entries()) for await (const _ of reader.read(entry));
    expect(reader.length).toBe(4);
  });

  it('can be left in the middle of an entry', async () => {
    const reader = await ArchiveReader.open(sourceOf(await madeArchive({ files: FILES })));
    for (let time = 0; time < 20; time++) {
      for await (const _ of reader.read(reader.find('uploads/large.txt')!)) break;
      const stream: Readable = reader.read(reader.find('uploads/large.png')!);
      stream.destroy();
    }
    expect(await buffer(reader.read(reader.find('uploads/large.txt')!))).toHaveLength(3_000_000);
  });

  it('has more than 65535 entries, with ZIP64, and takes little memory for each', async () => {
    const count = 70_000;
    const writer = new ArchiveWriter(0);
    const reading = buffer(writer.stream);
    for (const name of ['VERSION', 'migrations.json', 'backup.jsonl']) await writer.addBytes(name, Buffer.from('{}'));
    for (let index = 0; index < count; index++) {
      await writer.addBytes(`uploads/folder-${index % 100}/file-${index}`, Buffer.from('x'));
    }
    await writer.addBytes('manifest.json', Buffer.from('{}'));
    writer.finish();
    const source = sourceOf(await reading);
    const reader = await ArchiveReader.open(source);
    expect(reader.length).toBe(count + 4);
    expect(await buffer(reader.read(reader.find('uploads/folder-99/file-69999')!))).toEqual(Buffer.from('x'));
    // 128 KiB at a time, and not each record by itself.
    expect(source.reads).toBeLessThan(source.size / 100_000 + 10);
  });
});

describe('A name is shown', () => {
  it.each([
    ['plain ü 日本', '"plain ü 日本"'],
    ['"\\\n', '"\\"\\\\\\n"'],
    ['\u202e\u200b\ufeff\u2028\u009b\ud800', '"\\u202e\\u200b\\ufeff\\u2028\\u009b\\ud800"'],
    ['x'.repeat(300), `"${'x'.repeat(200)}…"`],
  ])('%j', (name, expected) => {
    expect(displayName(name)).toBe(expected);
  });
});
