import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { ArchiveReader } from '../../../../lib/archive/read/archive-reader.js';
import { zstdFrame } from '../../../../lib/support/zstd-frame.js';
import { temporaryDirectory } from '../../../fixtures/files.js';
import { describeUnless, itUnless } from '../../../fixtures/unless.js';
import { installedReaders } from '../../../fixtures/zip.js';
import { noZstd } from '../../../fixtures/zstd.js';
import { madeArchive, pairs, sourceOf, users, verified } from '../../restore/support/made-archive.js';

const METHOD = 93;
const VERSION_NEEDED = 63;
const FILES: Record<string, Buffer | null> = {
  'empty.txt': Buffer.alloc(0),
  'small.txt': Buffer.from('hello'),
  'noise.bin': randomBytes(3_000),
  'largest that is small': Buffer.alloc(16 * 1024, 'small '),
  'smallest that is not': Buffer.alloc(16 * 1024 + 1, 'not small '),
  // libarchive decompresses so many bytes at a time.
  'as large as a buffer': Buffer.alloc(128 * 1024, 'buffer '),
  'as large as eight buffers': Buffer.alloc(2 ** 20, 'buffers '),
  'a folder': null,
  'a folder/large.txt': Buffer.alloc(3_000_000, 'some text '),
  'large.bin': randomBytes(2_000_000),
  'stored.png': randomBytes(1_000),
};

/** Lines enough for a thread to read them. */
const made = (level = 3) => madeArchive({ tables: [users(40_000), pairs(0)], files: FILES }, level, 'zstd');

/** Why the Python that is installed here cannot be asked; from 3.14 on, it can. */
function pythonLacks(): string | undefined {
  try {
    execFileSync('python3', ['-c', 'import compression.zstd'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'python3 is not there, or older than 3.14';
  }
}

describeUnless(noZstd, 'An archive of zstd', () => {
  const directory = temporaryDirectory();

  it.each([1, 3, 10, 19])('is what was written, at level %i', async (level) => {
    const reader = await ArchiveReader.open(sourceOf(await made(level)));
    for (const [name, content] of Object.entries(FILES)) {
      const entry = reader.find(`uploads/${name}`)!;
      expect((await buffer(reader.read(entry))).equals(content ?? Buffer.alloc(0))).toBe(true);
    }
    expect(await reader.readText('VERSION')).toBe('1.4.2');
  });

  it.each([10, 40_000])('is verified, with %i rows', async (rows) => {
    const archive = await madeArchive({ tables: [users(rows), pairs(0)], files: FILES }, 3, 'zstd');
    const tables = [
      { name: 'user', rows },
      { name: 'pair', rows: 0 },
    ];
    expect(await verified(archive)).toMatchObject({ tables });
  });

  it('has one frame in each entry that is not stored, and says which version is needed', async () => {
    const archive = await made();
    const reader = await ArchiveReader.open(sourceOf(archive));
    const methods: Record<string, number> = {};
    for (const entry of reader.entries()) {
      const { method, chunks } = await reader.packed(entry);
      methods[entry.name] = method;
      if (method !== METHOD) continue;
      const bytes = await buffer(chunks);
      const frame = zstdFrame();
      frame.take(bytes);
      frame.end();
      expect(frame.length).toBe(bytes.length);
    }
    const stored = ['uploads/empty.txt', 'uploads/a folder', 'uploads/stored.png'];
    expect(Object.keys(methods).filter((name) => methods[name] === 0)).toEqual(stored);
    expect(Object.keys(methods).filter((name) => methods[name] === METHOD)).toHaveLength(
      Object.keys(FILES).length + 4 - stored.length,
    );
    for (const at of positions(archive, 0x04034b50)) expectVersion(archive, at + 4);
    for (const at of positions(archive, 0x02014b50)) expectVersion(archive, at + 6);
  });

  it('holds everything stored at level 0', async () => {
    const reader = await ArchiveReader.open(sourceOf(await made(0)));
    for (const entry of reader.entries()) expect((await reader.packed(entry)).method).toBe(0);
  });

  it.each(['7z', 'bsdtar'])('is read by %s', async (program) => {
    if (!(await installedReaders()).includes(program)) return;
    writeFileSync(directory.at('archive.zip'), await made());
    const args = program === '7z' ? ['x', 'archive.zip'] : ['-xf', 'archive.zip'];
    execFileSync(program, args, { cwd: directory.path, env: { ...process.env, LC_ALL: 'C.UTF-8' }, stdio: 'pipe' });
    for (const [name, content] of Object.entries(FILES)) {
      if (content) expect(readFileSync(directory.at('uploads', name)).equals(content)).toBe(true);
    }
    expect(readFileSync(directory.at('backup.jsonl'), 'utf8')).toBe(users(40_000).text);
  });

  itUnless(pythonLacks())('is read by Python’s zipfile', async () => {
    writeFileSync(directory.at('archive.zip'), await made());
    const program = 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).testzip())';
    expect(String(execFileSync('python3', ['-c', program, directory.at('archive.zip')]))).toBe('None\n');
  });
});

/** Where headers with a signature may be. */
function positions(archive: Buffer, signature: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(signature);
  const found: number[] = [];
  for (let at = archive.indexOf(bytes); at >= 0; at = archive.indexOf(bytes, at + 1)) found.push(at);
  expect(found.length).toBeGreaterThan(10);
  return found;
}

/** ZIP 6.3 for zstd, else the engine's own. */
function expectVersion(archive: Buffer, at: number): void {
  const method = archive.readUInt16LE(at + 4);
  if (method === METHOD) expect(archive.readUInt16LE(at)).toBe(VERSION_NEEDED);
  else expect(archive.readUInt16LE(at)).toBeLessThan(VERSION_NEEDED);
}
