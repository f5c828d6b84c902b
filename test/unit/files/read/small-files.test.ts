import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import { ArchiveService } from '../../../../lib/files/archive.service.js';
import { isRecent } from '../../../../lib/files/file-check.js';
import { FILES_AT_A_TIME, SmallFileReader } from '../../../../lib/files/read/small-files.js';
import { openBelow, plant, temporaryDirectory } from '../../../fixtures/files.js';
import { drain } from '../../../fixtures/streams.js';
import { until } from '../../../fixtures/wait.js';
import { checkedEntries } from '../../../fixtures/zip.js';

const SIZES = [0, 1, 3000, 16_383, 16_384, 16_385, 65_536, 65_537, 300_000];
const MANY = 5 * FILES_AT_A_TIME;
const directory = temporaryDirectory();

async function archived() {
  const service = new ArchiveService();
  const writer = service.createWriter(3);
  const reading = drain(writer.stream);
  const report = await service.addDirectory(writer, { name: 'uploads', path: directory.path });
  writer.finish();
  const entries = await checkedEntries((await reading).output);
  return { report, entries: new Map(entries.map((entry) => [entry.name.replace('uploads/', ''), entry])) };
}

describe('Many small files', () => {
  it('are archived with their content, mode and time, whatever their size', async () => {
    const files = Object.fromEntries(
      Array.from({ length: MANY }, (_, index) => [`d${index % 7}/${index}`, randomBytes(SIZES[index % SIZES.length]!)]),
    );
    plant(directory.path, files);
    const modified = new Date('2020-02-02T02:02:02Z');
    for (const [index, name] of Object.keys(files).entries()) {
      chmodSync(directory.at(name), index % 2 ? 0o640 : 0o755);
      utimesSync(directory.at(name), modified, modified);
    }
    const { report, entries } = await archived();
    expect(report).toMatchObject({ count: MANY, skipped: [], warnings: [] });
    for (const [index, [name, bytes]] of Object.entries(files).entries()) {
      const { content, mode, modified: time } = entries.get(name)!;
      expect(content.equals(bytes)).toBe(true);
      expect([mode & 0o777, time]).toEqual([index % 2 ? 0o640 : 0o755, modified]);
    }
    expect(openBelow(directory.path)).toEqual([]);
  });

  it('say of each what is wrong with it, among all the others', async () => {
    plant(
      directory.path,
      Object.fromEntries(Array.from({ length: MANY }, (_, index) => [`file-${index}`, `${index}`])),
    );
    symlinkSync('file-1', directory.at('link'));
    mkdirSync(directory.at('empty'));
    const { report, entries } = await archived();
    expect(report).toMatchObject({ count: MANY, skipped: [] });
    expect(report.warnings).toEqual([expect.stringContaining('uploads/link: symbolic link')]);
    expect(entries.has('empty/')).toBe(true);
  });
});

describe('A reader of small files', () => {
  it('reads what is a small file, and nothing else', async () => {
    plant(directory.path, { small: 'small', large: Buffer.alloc(20_000), gone: '', 'folder/file': 'x' });
    rmSync(directory.at('gone'));
    symlinkSync('small', directory.at('link'));
    await until('it is not recent', () => !isRecent(statSync(directory.at('small')), Date.now()));
    const reader = new SmallFileReader();
    const names = ['small', 'large', 'gone', 'folder', 'link'];
    const read = await reader.read(names.map((name) => Buffer.from(directory.at(name))));
    await reader.close();
    expect(read.map((file) => file && 'bytes' in file.content && file.content.bytes.toString())).toEqual([
      'small',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('keeps what it has read as it is while it reads more', async () => {
    const names = Array.from({ length: 3 * FILES_AT_A_TIME }, (_, index) => `file-${index}`);
    plant(directory.path, Object.fromEntries(names.map((name) => [name, `content of ${name}`])));
    await until('none is recent', () => !names.some((name) => isRecent(statSync(directory.at(name)), Date.now())));
    const reader = new SmallFileReader();
    const paths = names.map((name) => Buffer.from(directory.at(name)));
    const batches = [0, 1, 2].map((batch) => paths.slice(batch * FILES_AT_A_TIME, (batch + 1) * FILES_AT_A_TIME));
    const read = (await Promise.all(batches.map((batch) => reader.read(batch)))).flat();
    await reader.close();
    expect(read.map((file) => file && 'bytes' in file.content && file.content.bytes.toString())).toEqual(
      names.map((name) => `content of ${name}`),
    );
  });

  it('digests what it reads, if that is wanted', async () => {
    plant(directory.path, { one: 'one', large: Buffer.alloc(20_000), two: 'the second' });
    await until(
      'none is recent',
      () => !['one', 'two'].some((name) => isRecent(statSync(directory.at(name)), Date.now())),
    );
    const paths = ['one', 'large', 'two'].map((name) => Buffer.from(directory.at(name)));
    const digestsOf = async (reader: SmallFileReader) => {
      const read = await reader.read(paths);
      await reader.close();
      return read.map((file) => file && 'bytes' in file.content && file.content.sha256?.toString('hex'));
    };
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(await digestsOf(new SmallFileReader(true))).toEqual([sha256('one'), undefined, sha256('the second')]);
    expect(await digestsOf(new SmallFileReader())).toEqual([undefined, undefined, undefined]);
  });

  it('leaves everything to others when its thread has ended', async () => {
    plant(directory.path, { small: 'small' });
    const reader = new SmallFileReader();
    const path = Buffer.from(directory.at('small'));
    const asked = reader.read([path]);
    await (reader as unknown as { worker: Worker }).worker.terminate();
    expect(await asked).toHaveLength(1);
    expect(await reader.read([path])).toEqual([undefined]);
  });
});
