import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArchiveReader } from '../../../../lib/archive/read/archive-reader.js';
import { ArchiveService } from '../../../../lib/files/archive.service.js';
import { plant, temporaryDirectory } from '../../../fixtures/files.js';
import { drain } from '../../../fixtures/streams.js';
import { sourceOf } from '../../restore/support/made-archive.js';

const directory = temporaryDirectory();

/** Below `data`; with what an archive needs to be opened. */
async function archived() {
  const service = new ArchiveService();
  const writer = service.createWriter(3);
  const reading = drain(writer.stream);
  for (const name of ['VERSION', 'migrations.json', 'backup.jsonl']) await writer.addBytes(name, Buffer.from('1'));
  const report = await service.addDirectory(writer, { name: 'data', path: directory.at('data') });
  await writer.addBytes('manifest.json', Buffer.from('{}'));
  writer.finish();
  const bytes = (await reading).output;
  writeFileSync(directory.at('archive.zip'), bytes);
  return { report, reader: await ArchiveReader.open(sourceOf(bytes)) };
}

/** Times with which nothing is lost on the way through `utimes`, in milliseconds. */
const TIMES = {
  odd: Date.UTC(2021, 2, 3, 4, 5, 7) + 0.25,
  fraction: Date.UTC(2024, 5, 6, 7, 8, 9) + 123.5,
  old: Date.UTC(1975, 0, 2, 3, 4, 5),
  late: Date.UTC(2039, 1, 2, 3, 4, 5),
  later: Date.UTC(2150, 1, 2, 3, 4, 5),
  'folder/inner': Date.UTC(2001, 1, 2, 3, 4, 5) + 1,
  folder: Date.UTC(2011, 11, 12, 13, 14, 15) + 500,
};

function plantTimes(): void {
  plant(directory.at('data'), { odd: '1', fraction: '2', old: '3', late: '4', later: '5', 'folder/inner': '6' });
  for (const [name, ms] of Object.entries(TIMES)) utimesSync(directory.at('data', name), ms / 1000, ms / 1000);
}

describe('A time in an archive', () => {
  it('is that of the file, or directory, to the microsecond, whatever the year', async () => {
    plantTimes();
    const { report, reader } = await archived();
    for (const name of Object.keys(TIMES)) {
      const { mtimeMs } = statSync(directory.at('data', name));
      const entry = reader.find(`data/${name}`)!;
      expect([name, Math.abs(entry.mtimeMs - mtimeMs) < 0.001]).toEqual([name, true]);
      expect(entry.modified.getTime()).toBe(Math.trunc(entry.mtimeMs));
    }
    expect(report).toMatchObject({ skipped: [], warnings: [] });
  });

  it.each([
    ['unzip', ['-q', 'archive.zip', '-d', 'out'], ['odd', 'fraction', 'folder/inner', 'old'], 1000],
    ['7z', ['x', '-oout', 'archive.zip'], ['odd', 'fraction', 'folder/inner', 'old', 'late', 'later'], 1],
    ['bsdtar', ['-xf', 'archive.zip', '-C', 'out'], ['odd', 'fraction', 'folder/inner', 'old'], 1000],
  ])('is read by %s', async (command, args, names, within) => {
    plantTimes();
    plant(directory.path, { out: null });
    await archived();
    const env = { ...process.env, TZ: 'America/New_York' };
    execFileSync(command, args, { cwd: directory.path, env, stdio: 'pipe' });
    for (const name of names) {
      const [was, is] = ['data', join('out', 'data')].map((top) => statSync(directory.at(top, name)).mtimeMs);
      expect([name, Math.abs(was! - is!) < within]).toEqual([name, true]);
    }
  });
});

describe('A mode in an archive', () => {
  it('is that of the directory, its set-group-id bit and the data directory’s own included', async () => {
    plant(directory.at('data'), { 'private/file': 'x', 'shared/file': 'y', 'sticky/deep/file': 'z' });
    const modes = { '': 0o711, private: 0o700, shared: 0o2770, sticky: 0o1777, 'sticky/deep': 0o555 };
    for (const [name, mode] of Object.entries(modes)) chmodSync(directory.at('data', name), mode);
    const { report, reader } = await archived();
    for (const [name, mode] of Object.entries(modes)) {
      const entry = reader.find(name === '' ? 'data' : `data/${name}`)!;
      expect([name, entry.isDirectory, entry.mode?.toString(8)]).toEqual([name, true, mode.toString(8)]);
    }
    expect(report.warnings).toEqual([]);
    chmodSync(directory.at('data/sticky/deep'), 0o755);
  });
});

describe('What an archive cannot keep', () => {
  it('is said in its warnings', async () => {
    plant(directory.at('data'), { program: 'x', one: 'y', plain: 'z' });
    chmodSync(directory.at('data/program'), 0o4755);
    linkSync(directory.at('data/one'), directory.at('data/two'));
    const { report } = await archived();
    expect(report.warnings.toSorted()).toEqual([
      expect.stringMatching(/^data\/(one|two) and 1 more have more than one name \(hard links\)/),
      'data/program: it has set-user-id, set-group-id or sticky bits, which are not restored',
    ]);
    expect(report.skipped).toEqual([]);
  });

  it('is not the folder of a filesystem’s own', async () => {
    plant(directory.at('data'), { 'lost+found': null, file: 'x', 'deep/lost+found/mine': 'y' });
    const empty = await archived();
    expect(empty.report).toMatchObject({ count: 2, skipped: [], warnings: [] });
    expect(empty.reader.find('data/lost+found')).toBeUndefined();
    plant(directory.at('data'), { 'lost+found/#1234': 'found by fsck' });
    const { report, reader } = await archived();
    expect(report.warnings).toEqual([
      'data/lost+found: a folder that belongs to the filesystem, not followed and not saved',
    ]);
    expect([...reader.entries()].map(({ name }) => name)).not.toContain('data/lost+found/#1234');
    expect(reader.find('data/deep/lost+found/mine')).toBeDefined();
  });
});
