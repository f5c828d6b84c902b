import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { numbered, plant, temporaryDirectory } from '../../../fixtures/files.js';
import { archiveDirectory } from '../../../fixtures/zip.js';

const FILES = 20;
const directory = temporaryDirectory();
const outside = temporaryDirectory();

/**
 * Archives a directory and changes it when its first file has been taken: all of it has been listed then, and few files
 * have been opened. What was opened is saved as it was; each of the others must be skipped, and there must be others.
 */
async function archiveWhile(change: (name: string) => void, names = Object.keys(numbered(FILES))) {
  let changed = false;
  const { report, contents: all } = await archiveDirectory(directory.path, () => {
    if (!changed) names.forEach(change);
    changed = true;
  });
  const contents = Object.fromEntries(Object.entries(all).filter(([name]) => !name.endsWith('/')));
  expect(report.count).toBe(Object.keys(contents).length);
  expect(report.skipped.length).toBeGreaterThan(names.length / 2);
  expect([...Object.keys(contents), ...report.skipped.map(({ path }) => path)]).toHaveLength(names.length);
  return { contents, reasons: new Set(report.skipped.map(({ reason }) => reason)) };
}

function expectOriginals(contents: Record<string, string>): void {
  for (const [name, content] of Object.entries(contents)) {
    expect(content).toBe(numbered(FILES)[name.replace('uploads/', '')]);
  }
}

describe('A file that is no longer the file that was listed', () => {
  beforeEach(() => plant(directory.path, numbered(FILES)));

  it('is skipped when it has vanished', async () => {
    const { contents, reasons } = await archiveWhile((name) => rmSync(directory.at(name)));
    expectOriginals(contents);
    expect(reasons).toEqual(new Set(['it vanished during the backup']));
  });

  it('is skipped when it has become a link, which is not followed', async () => {
    plant(outside.path, { secret: 'secret' });
    const { contents, reasons } = await archiveWhile((name) => {
      rmSync(directory.at(name));
      symlinkSync(outside.at('secret'), directory.at(name));
    });
    expectOriginals(contents);
    expect(reasons).toEqual(new Set(['it could not be read (ELOOP)']));
  });

  it('is skipped when it has become a directory', async () => {
    const { contents, reasons } = await archiveWhile((name) => {
      rmSync(directory.at(name));
      mkdirSync(directory.at(name));
    });
    expectOriginals(contents);
    expect(reasons).toEqual(new Set(['it is no longer a regular file']));
  });

  it('is skipped when it has become a named pipe, which is not waited for', async () => {
    const { contents, reasons } = await archiveWhile((name) => {
      rmSync(directory.at(name));
      execFileSync('mkfifo', [directory.at(name)]);
    });
    expectOriginals(contents);
    expect(reasons).toEqual(new Set(['it is no longer a regular file']));
  });
});

describe('A directory that is no longer the directory that was listed', () => {
  const folders = Array.from({ length: FILES }, (_, index) => `folder-${index}`);

  beforeEach(() => plant(directory.path, Object.fromEntries(folders.map((name) => [`${name}/file`, name]))));

  it('is skipped when it has vanished', async () => {
    const { reasons } = await archiveWhile((name) => rmSync(directory.at(name), { recursive: true }), folders);
    expect(reasons).toEqual(new Set(['it vanished during the backup']));
  });

  it('is skipped when it has become a link, which is not followed', async () => {
    plant(outside.path, { 'secrets/secret': 'secret' });
    const { contents, reasons } = await archiveWhile((name) => {
      rmSync(directory.at(name), { recursive: true });
      symlinkSync(outside.at('secrets'), directory.at(name));
    }, folders);
    expect(Object.values(contents)).not.toContain('secret');
    expect(reasons).toContain('it could not be read (ENOTDIR)');
  });
});
