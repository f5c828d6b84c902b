import { crc32, deflateRawSync } from 'node:zlib';
import type { ArchiveLimits } from '../../../lib/archive/archive-limits.js';
import { ArchiveReader } from '../../../lib/archive/read/archive-reader.js';
import { type HostileEntry, hostileZip } from '../../fixtures/hostile-zip.js';
import { sourceOf } from '../restore/support/made-archive.js';

const own = (middle: HostileEntry[] = []): HostileEntry[] => [
  { name: 'VERSION', content: '1' },
  { name: 'migrations.json', content: '{}' },
  { name: 'backup.jsonl' },
  ...middle,
  { name: 'manifest.json', content: '{}' },
];

/** Opens an archive and reads every entry of it, as a stream or in one piece. */
async function readAll(bytes: Buffer, limits: Partial<ArchiveLimits> = {}, inOne = false): Promise<void> {
  const reader = await ArchiveReader.open(sourceOf(bytes), { limits });
  for (const entry of reader.entries()) {
    if (inOne) await reader.bytes(entry);
    else for await (const _ of reader.read(entry));
  }
}

/** However it is read. */
async function refusal(bytes: Buffer, limits?: Partial<ArchiveLimits>): Promise<string> {
  const [error, inOne] = await Promise.all(
    [false, true].map((one) =>
      readAll(bytes, limits, one).then(
        () => undefined,
        (problem: unknown) => problem,
      ),
    ),
  );
  expect(error).toMatchObject({ code: 'ARCHIVE_INVALID' });
  expect(inOne).toMatchObject({ code: 'ARCHIVE_INVALID', message: (error as Error).message });
  return (error as Error).message;
}

const refusalOf = (entry: HostileEntry, more: HostileEntry[] = []) => refusal(hostileZip(own([entry, ...more])));

const zeros = Buffer.alloc(10_000_000);

describe('An archive from a hostile hand', () => {
  it('is none when nothing is wrong with it', async () => {
    await readAll(
      hostileZip(
        own([{ name: 'uploads/a' }, { name: 'uploads/b', content: 'text', method: 8 }, { name: 'uploads/c/' }]),
      ),
    );
  });

  it.each<[name: string | Buffer, problem: string]>([
    ['uploads/../../etc/passwd', '".."'],
    ['../x', '".."'],
    ['uploads/..', '".."'],
    ['uploads/./x', '"."'],
    ['/etc/passwd', 'absolute path'],
    ['C:/Windows/x', 'drive letter'],
    ['c:x', 'drive letter'],
    ['uploads\\..\\x', 'backslash'],
    ['uploads/a\0.png', 'NUL'],
    ['uploads//x', 'empty part'],
    ['uploads//', 'empty part'],
    ['/', 'is empty'],
    ['', 'is empty'],
    ['uploads/.nestjs-backup/journal.json', 'reserved name'],
    [`uploads/${'n'.repeat(40_000)}`, 'longer than 32768 bytes'],
    [Buffer.from('75706c6f6164732fff', 'hex'), 'not UTF-8'],
  ])('with the name %j', async (name, problem) => {
    const message = await refusalOf({ name });
    expect(message).toContain('entry 4');
    expect(message).toContain(problem);
  });

  it('shows names so that they cannot deceive', async () => {
    const message = await refusalOf({ name: 'uploads/\u001b[31m\u202egnp.exe\u0085/..' });
    expect(message).toContain('"uploads/\\u001b[31m\\u202egnp.exe\\u0085/.."');
  });

  it.each<[kind: string, entry: HostileEntry, problem: string]>([
    ['a symbolic link', { name: 'uploads/x', content: '/etc/passwd', mode: 0o120777 }, 'symbolic link'],
    ['a device', { name: 'uploads/x', mode: 0o060600 }, 'device'],
    ['a pipe', { name: 'uploads/x', mode: 0o010600 }, 'a pipe'],
    ['a file that says it is a directory', { name: 'uploads/x', mode: 0o040755 }, 'named like a file'],
    ['a directory that says it is a file', { name: 'uploads/x/', mode: 0o100644 }, 'named like a directory'],
    ['a directory with content', { name: 'uploads/x/', content: 'x' }, 'directory with content'],
    ['an encrypted entry', { name: 'uploads/x', flags: 0x801 }, 'encrypted inside'],
    ['a strongly encrypted entry', { name: 'uploads/x', flags: 0x840 }, 'encryption'],
    ['an unknown flag', { name: 'uploads/x', flags: 0x820 }, 'unknown flags'],
    ['an unknown method', { name: 'uploads/x', method: 12 }, 'unknown method (12)'],
    ['a name without the mark of UTF-8', { name: 'uploads/ä', flags: 0 }, 'not UTF-8'],
    ['a stored entry with two sizes', { name: 'uploads/x', content: 'x', size: 5 }, 'two different sizes'],
    ['another name in its header', { name: 'uploads/x', local: { name: 'uploads/y' } }, 'a different name'],
    ['another method in its header', { name: 'uploads/x', local: { method: 8 } }, 'a different method'],
    ['another flag in its header', { name: 'uploads/x', local: { flags: 0x802 } }, 'a different flag'],
    ['another checksum in its header', { name: 'uploads/x', local: { crc: 1 } }, 'a different checksum'],
    ['another size in its header', { name: 'uploads/x', local: { size: 1 } }, 'a different size'],
    [
      'a wrong descriptor',
      { name: 'uploads/x', flags: 0x808, descriptor: Buffer.alloc(16, 1) },
      'followed by a size or checksum that differs',
    ],
    ['no descriptor', { name: 'uploads/x', flags: 0x808 }, 'followed by a size or checksum that differs'],
    ['a wrong checksum', { name: 'uploads/x', content: 'abc', crc: 7 }, 'checksum is wrong'],
    [
      'deflated data that is none',
      { name: 'uploads/x', method: 8, size: 9, packed: Buffer.alloc(9, 255) },
      'cannot be decompressed',
    ],
    [
      'deflated data that is cut',
      { name: 'uploads/x', method: 8, content: 'abc', packed: deflateRawSync('abc').subarray(0, 3) },
      'damaged',
    ],
    [
      'bytes behind the deflated data',
      {
        name: 'uploads/x',
        method: 8,
        content: 'abc',
        packed: Buffer.concat([deflateRawSync('abc'), Buffer.from('more')]),
      },
      'bytes after its end',
    ],
    [
      'more content than declared',
      { name: 'uploads/x', method: 8, content: 'abcdef', size: 3, crc: crc32('abc') },
      'more than the 3 bytes',
    ],
    ['less content than declared', { name: 'uploads/x', method: 8, content: 'abc', size: 4 }, '3 bytes instead of 4'],
    [
      '10 MB of zeros that declare 100 bytes',
      { name: 'uploads/x', method: 8, packed: deflateRawSync(zeros), size: 100 },
      'more than the 100 bytes',
    ],
    [
      '10 MB of zeros that declare 100 KB',
      { name: 'uploads/x', method: 8, packed: deflateRawSync(zeros), size: 100_000 },
      'more than the 100000 bytes',
    ],
    [
      'data that reaches over the next entry',
      { name: 'uploads/x', content: 'abc', size: 20, compressedSize: 20 },
      'overlaps the one before',
    ],
    [
      'a header that pushes its data over the next entry',
      { name: 'uploads/x', content: 'abc', local: { extraLength: 2 } },
      'overlaps what follows',
    ],
    ['data that reaches over the directory', { name: 'uploads/x', size: 1e6, compressedSize: 1e6 }, 'beyond the end'],
    ['a place that was taken', { name: 'uploads/x', offset: 0 }, 'overlaps the one before'],
    ['a place beyond the end', { name: 'uploads/x', offset: 1e9 }, 'beyond the end'],
  ])('with %s', async (_kind, entry, problem) => {
    const message = await refusalOf(entry);
    expect(message).toContain(problem);
    expect(message).toMatch(/uploads\/|manifest\.json|entry 4/);
  });

  it.each([
    [['uploads/x', 'uploads/x'], '"uploads/x" appears twice'],
    [['uploads/x', 'uploads/x/'], '"uploads/x" appears twice'],
    [['uploads/x', 'uploads/x/y'], 'below "uploads/x", which is a file'],
    [['uploads/x/y/z', 'uploads/x'], 'below "uploads/x", which is a file'],
    [['VERSION'], '"VERSION" appears twice'],
    [['manifest.json/x'], 'below "manifest.json", which is a file'],
  ])('with the names %j', async (names, problem) => {
    const entries = names.map((name) => ({ name }));
    expect(await refusal(hostileZip(own(entries)))).toContain(problem);
  });

  it.each<[kind: string, bytes: () => Buffer, problem: string]>([
    ['without a manifest', () => hostileZip(own().slice(0, -1)), 'incomplete: "manifest.json"'],
    [
      'without rows',
      () => hostileZip(own().filter(({ name }) => name !== 'backup.jsonl')),
      '"backup.jsonl" is missing',
    ],
    ['with the manifest first', () => hostileZip([own()[3]!, ...own().slice(0, 3)]), 'should be'],
    [
      'with files behind the manifest',
      () => hostileZip([...own(), { name: 'uploads/x' }]),
      '"manifest.json" is its entry 4, but should be entry 5',
    ],
    [
      'with something before it',
      () => hostileZip(own(), { before: Buffer.from('#!/bin/sh\n') }),
      'other bytes precede it',
    ],
    ['with something behind it', () => hostileZip(own(), { behind: Buffer.from('more') }), 'truncated or damaged'],
    ['with a comment', () => hostileZip(own(), { comment: 'hello' }), 'do not agree'],
    ['with fewer entries than declared', () => hostileZip(own(), { entries: 5 }), 'damaged'],
    ['with more entries than declared', () => hostileZip(own(), { entries: 3 }), 'does not have 3 entries'],
    ['with a directory elsewhere', () => hostileZip(own(), { directoryOffset: 10 }), 'do not agree'],
    ['with a directory of another length', () => hostileZip(own(), { directoryBytes: 10 }), 'do not agree'],
    ['of nothing', () => Buffer.alloc(0), 'is empty'],
    [
      'that is encrypted',
      () => Buffer.concat([Buffer.of(0x28), Buffer.alloc(500, 9)]),
      'looks encrypted, and no AES key was given',
    ],
    [
      'that is a zstd frame',
      () => Buffer.concat([Buffer.from('28b52ffd', 'hex'), Buffer.alloc(500)]),
      'not a ZIP archive',
    ],
    ['that is text', () => Buffer.alloc(500, 'text'), 'not a ZIP archive'],
  ])('%s', async (_kind, bytes, problem) => {
    expect(await refusal(bytes())).toContain(problem);
  });

  it('never gives out more than was declared, and is not read further', async () => {
    const bomb = { name: 'uploads/x', method: 8, packed: deflateRawSync(zeros), size: 200_000 };
    const reader = await ArchiveReader.open(sourceOf(hostileZip(own([bomb]))));
    let size = 0;
    const reading = async () => {
      for await (const chunk of reader.chunks(reader.find('uploads/x')!)) size += chunk.length;
    };
    await expect(reading()).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    expect(size).toBeLessThanOrEqual(200_000);
  });

  it('has nothing behind the deflated data of large entries either', async () => {
    const packed = Buffer.concat([deflateRawSync(zeros), Buffer.from('more')]);
    expect(await refusalOf({ name: 'uploads/x', method: 8, content: zeros, packed })).toContain('bytes after its end');
  });

  it('that declares a billion entries, before memory is taken for them', async () => {
    const zip64 = Buffer.alloc(76);
    zip64.writeUInt32LE(0x06064b50, 0);
    zip64.writeBigUInt64LE(44n, 4);
    zip64.writeBigUInt64LE(1_000_000_000n, 24);
    zip64.writeBigUInt64LE(1_000_000_000n, 32);
    zip64.writeUInt32LE(0x07064b50, 56);
    zip64.writeUInt32LE(1, 72);
    const end = { entries: 0xffff, directoryBytes: 0xffffffff, directoryOffset: 0xffffffff };
    const whole = hostileZip([], end);
    expect(await refusal(Buffer.concat([zip64, whole]))).toContain('1000000000 entries');
    zip64.writeBigUInt64LE(9_000_000n, 24);
    zip64.writeBigUInt64LE(9_000_000n, 32);
    expect(await refusal(Buffer.concat([zip64, whole]))).toContain('do not agree');
  });

  it('beyond the limits that were set', async () => {
    const bytes = hostileZip(own([{ name: 'uploads/long name', content: zeros, method: 8 }]));
    await readAll(bytes);
    expect(await refusal(bytes, { entries: 4 })).toContain('limit of 4');
    expect(await refusal(bytes, { directoryBytes: 100 })).toContain('limit of 100');
    expect(await refusal(bytes, { nameBytes: 16 })).toContain('longer than 16 bytes');
    expect(await refusal(bytes, { expandedBytes: 9_000_000 })).toContain('limit of 9000000');
    const reader = await ArchiveReader.open(sourceOf(bytes), { limits: { manifestBytes: 1 } });
    await expect(reader.readText('manifest.json')).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });
});
