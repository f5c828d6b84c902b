import { randomBytes } from 'node:crypto';
import { chmodSync, utimesSync } from 'node:fs';
import { ArchiveService } from '../../../../lib/files/archive.service.js';
import { plant, temporaryDirectory } from '../../../fixtures/files.js';
import { archiveDirectory, writeZip } from '../../../fixtures/zip.js';

const directory = temporaryDirectory();
const service = new ArchiveService();

const archived = () => archiveDirectory(directory.path);

describe('A data directory in an archive', () => {
  it('has every file at its place, with its bytes', async () => {
    const small = randomBytes(65_536);
    const large = randomBytes(65_537);
    const huge = randomBytes(3_000_000);
    plant(directory.path, { small, large, 'a/b/c/huge.png': huge, 'a/empty.txt': '', 'a/b/one.txt': 'one' });
    const { report, contents } = await archived();
    expect(contents).toEqual({
      'uploads/small': small.toString('latin1'),
      'uploads/large': large.toString('latin1'),
      'uploads/a/b/c/huge.png': huge.toString('latin1'),
      'uploads/a/empty.txt': '',
      'uploads/a/b/one.txt': 'one',
      'uploads/a/': '',
      'uploads/a/b/': '',
      'uploads/a/b/c/': '',
    });
    expect(report).toEqual({ count: 5, bytes: 65_536 + 65_537 + 3_000_000 + 3, skipped: [], warnings: [] });
  });

  it('keeps its directories, empty or not, each before what lies in it', async () => {
    plant(directory.path, { 'a/empty': null, 'a/file': 'x', 'b/c/d': null });
    const { report, contents } = await archived();
    const names = Object.keys(contents);
    expect(names.toSorted()).toEqual(
      ['a/', 'a/empty/', 'a/file', 'b/', 'b/c/', 'b/c/d/'].map((name) => `uploads/${name}`),
    );
    for (const [index, name] of names.entries()) {
      expect(['uploads/', ...names.slice(0, index)]).toContain(name.replace(/[^/]+\/?$/, ''));
    }
    expect(report).toEqual({ count: 1, bytes: 1, skipped: [], warnings: [] });
  });

  it('is an entry of its own when it is empty', async () => {
    const { report, contents } = await archived();
    expect(contents).toEqual({});
    expect(report.count).toBe(0);
  });

  it('keeps names that a shell or a filesystem would find strange', async () => {
    const names = [
      ...[
        '.hidden',
        '..twodots',
        '...',
        'with space',
        ' leading',
        'trailing ',
        'trailing.',
        '-rf',
        '~',
        '*?"<>|',
        'C:x',
      ],
      ...[
        'line\nfeed',
        'tab\there',
        'Ünïcödé',
        'u\u0308 decomposed',
        '日本語.txt',
        '😀',
        "quote's",
        '%2e%2e',
        'a'.repeat(255),
      ],
      ...['VERSION', 'manifest.json', 'sub/.nestjs-backup'],
    ];
    plant(directory.path, Object.fromEntries(names.map((name) => [name, `content of ${name}`])));
    const { report, entries } = await archived();
    const files = entries.filter(({ name }) => name !== 'uploads/sub/');
    expect(Object.fromEntries(files.map(({ name, content }) => [name, content.toString()]))).toEqual(
      Object.fromEntries(names.map((name) => [`uploads/${name}`, `content of ${name}`])),
    );
    expect(report).toMatchObject({ count: names.length, skipped: [], warnings: [] });
  });

  it('stores compressed kinds of files and deflates the others, small or large', async () => {
    const large = Buffer.alloc(200_000);
    plant(directory.path, { 'a.jpg': 'aaaa', 'a.txt': 'aaaa', 'b.zip': large, 'b.csv': large });
    const { entries } = await archived();
    expect(Object.fromEntries(entries.map(({ name, method }) => [name, method]))).toEqual({
      'uploads/a.jpg': 'stored',
      'uploads/a.txt': 'deflated',
      'uploads/b.zip': 'stored',
      'uploads/b.csv': 'deflated',
    });
  });

  it('keeps modes and times of its files', async () => {
    plant(directory.path, { old: 'x', script: Buffer.alloc(100_000), secret: 'x' });
    const at = (name: string, mode: number, iso: string) => {
      chmodSync(directory.at(name), mode);
      utimesSync(directory.at(name), new Date(iso), new Date(iso));
    };
    at('old', 0o644, '1971-02-03T04:05:06Z');
    at('script', 0o755, '2020-02-29T12:34:56Z');
    at('secret', 0o400, '2024-06-30T23:59:58Z');
    const { entries } = await archived();
    const told = entries.map(({ name, mode, modified }) => [name, [mode, modified.toISOString()]]);
    expect(Object.fromEntries(told)).toEqual({
      'uploads/old': [0o644, '1971-02-03T04:05:06.000Z'],
      'uploads/script': [0o755, '2020-02-29T12:34:56.000Z'],
      'uploads/secret': [0o400, '2024-06-30T23:59:58.000Z'],
    });
  });

  it("passes the library's own staging folder at its top over", async () => {
    plant(directory.path, { '.nestjs-backup/staged': 'x', kept: 'y' });
    const { report, contents } = await archived();
    expect(contents).toEqual({ 'uploads/kept': 'y' });
    expect(report).toMatchObject({ count: 1, skipped: [], warnings: [] });
  });

  it('counts as empty with nothing but the staging folder in it', async () => {
    plant(directory.path, { '.nestjs-backup/staged': 'x' });
    expect((await archived()).contents).toEqual({});
  });

  it('is refused when it is not there', async () => {
    const missing = { name: 'uploads', path: directory.at('nowhere') };
    const refusal = expect.objectContaining({
      code: 'DIRECTORY_UNREADABLE',
      message: expect.stringContaining('"uploads"'),
    });
    await expect(service.checkDirectories([missing])).rejects.toEqual(refusal);
    await expect(writeZip((writer) => service.addDirectory(writer, missing))).rejects.toEqual(refusal);
    await service.checkDirectories([{ name: 'uploads', path: directory.path }]);
  });
});
