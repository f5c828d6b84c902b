import { chmodSync, renameSync } from 'node:fs';
import { plant, temporaryDirectory } from '../../../fixtures/files.js';
import { archiveDirectory } from '../../../fixtures/zip.js';

const directory = temporaryDirectory();
const NOBODY = 65_534;

/** Runs as a user for whom file modes count: root may read everything. */
async function asOrdinaryUser<T>(run: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return run();
  process.seteuid!(NOBODY);
  try {
    return await run();
  } finally {
    process.seteuid!(0);
  }
}

describe('What may not be read', () => {
  it('is skipped with the reason, and the rest is saved', async () => {
    plant(directory.path, {
      'open.txt': 'x',
      'shut.txt': 'y',
      'shut/inner.txt': 'z',
      'large.bin': Buffer.alloc(100_000),
    });
    chmodSync(directory.path, 0o755);
    for (const name of ['shut.txt', 'shut', 'large.bin']) chmodSync(directory.at(name), 0o000);
    const { report, contents } = await asOrdinaryUser(() => archiveDirectory(directory.path));
    chmodSync(directory.at('shut'), 0o755);
    expect(contents).toEqual({ 'uploads/open.txt': 'x' });
    expect(report).toMatchObject({ count: 1, bytes: 1, warnings: [] });
    expect(report.skipped.toSorted((one, other) => (one.path < other.path ? -1 : 1))).toEqual(
      ['large.bin', 'shut', 'shut.txt'].map((name) => ({
        path: `uploads/${name}`,
        reason: 'it could not be read (EACCES)',
      })),
    );
  });

  it('is a warning only, where it is the lost+found of a mounted volume', async () => {
    plant(directory.path, { 'open.txt': 'x', 'lost+found/inner.txt': 'y', 'deep/lost+found/inner.txt': 'z' });
    chmodSync(directory.path, 0o755);
    for (const name of ['lost+found', 'deep/lost+found']) chmodSync(directory.at(name), 0o000);
    const { report } = await asOrdinaryUser(() => archiveDirectory(directory.path));
    for (const name of ['lost+found', 'deep/lost+found']) chmodSync(directory.at(name), 0o755);
    expect(report.warnings).toEqual([
      'uploads/lost+found: a folder that belongs to the filesystem, not followed and not saved',
    ]);
    expect(report.skipped.map(({ path }) => path)).toEqual(['uploads/deep/lost+found']);
  });

  it('breaks the backup off when it is the data directory itself', async () => {
    plant(directory.path, { 'data/file.txt': 'x' });
    chmodSync(directory.path, 0o755);
    chmodSync(directory.at('data'), 0o000);
    await expect(asOrdinaryUser(() => archiveDirectory(directory.at('data')))).rejects.toMatchObject({
      code: 'DIRECTORY_UNREADABLE',
      cause: expect.objectContaining({ code: 'EACCES' }),
    });
  });

  it('is skipped when its path is longer than the system takes', async () => {
    const half = Array.from({ length: 12 }, () => 'd'.repeat(200));
    plant(directory.path, { [`data/${half.join('/')}/kept`]: 'x', [`${half.join('/')}/deep`]: 'y' });
    // Neither half is too long by itself; moved out again, both can be removed.
    const moved = directory.at('data', ...half, 'moved');
    renameSync(directory.at(half[0]!), moved);
    try {
      const { report, contents } = await archiveDirectory(directory.at('data'));
      const files = Object.entries(contents).filter(([name]) => !name.endsWith('/'));
      expect(files).toEqual([[`uploads/${half.join('/')}/kept`, 'x']]);
      expect(report.skipped).toEqual([
        { path: expect.stringContaining('/moved/ddd'), reason: 'it could not be read (ENAMETOOLONG)' },
      ]);
    } finally {
      renameSync(moved, directory.at(half[0]!));
    }
  });
});
