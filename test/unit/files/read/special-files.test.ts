import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { plant, temporaryDirectory } from '../../../fixtures/files.js';
import { archiveDirectory } from '../../../fixtures/zip.js';

const directory = temporaryDirectory();
const outside = temporaryDirectory();
const archived = () => archiveDirectory(directory.path);

describe('What is no file in a data directory', () => {
  it('is never followed when it is a link, and stands in the warnings', async () => {
    plant(outside.path, { 'secret.txt': 'secret', 'folder/secret.txt': 'secret' });
    plant(directory.path, { kept: 'x', 'sub/kept': 'y' });
    symlinkSync(outside.at('secret.txt'), directory.at('to-file'));
    symlinkSync(outside.at('folder'), directory.at('sub', 'to-directory'));
    symlinkSync(directory.at('nowhere'), directory.at('dangling'));
    symlinkSync('loop', directory.at('loop'));
    symlinkSync('..', directory.at('sub', 'parent'));
    const { report, contents } = await archived();
    expect(contents).toEqual({ 'uploads/kept': 'x', 'uploads/sub/': '', 'uploads/sub/kept': 'y' });
    expect(report.skipped).toEqual([]);
    expect(report.warnings.toSorted()).toEqual(
      ['dangling', 'loop', 'sub/parent', 'sub/to-directory', 'to-file'].map(
        (name) => `uploads/${name}: symbolic link, not followed and not saved`,
      ),
    );
  });

  it('is a warning when it is a named pipe, which is not waited for', async () => {
    plant(directory.path, { kept: 'x' });
    execFileSync('mkfifo', [directory.at('pipe')]);
    const { report, contents } = await archived();
    expect(contents).toEqual({ 'uploads/kept': 'x' });
    expect(report.warnings).toEqual(['uploads/pipe: named pipe, not followed and not saved']);
    expect(report.skipped).toEqual([]);
  });

  it('is a warning when it is a socket', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(directory.at('socket'), resolve));
    try {
      const { report, contents } = await archived();
      expect(contents).toEqual({});
      expect(report.warnings).toEqual(['uploads/socket: socket, not followed and not saved']);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('A name that a ZIP cannot hold exactly', () => {
  const notUtf8 = (...bytes: number[]) => Buffer.concat([Buffer.from(`${directory.path}/`), Buffer.from(bytes)]);

  it('makes a file with a backslash skipped, with the reason', async () => {
    plant(directory.path, { 'a\\b': 'x', 'c/b': 'y' });
    const { report, contents } = await archived();
    expect(contents).toEqual({ 'uploads/c/': '', 'uploads/c/b': 'y' });
    expect(report.skipped).toEqual([
      { path: 'uploads/a\\b', reason: 'its name holds a backslash, which a ZIP cannot hold exactly' },
    ]);
  });

  it('makes a file skipped when it is not UTF-8, with the bytes of the name', async () => {
    writeFileSync(notUtf8(0x66, 0xfc, 0x72), 'latin1 name');
    plant(directory.path, { 'f\ufffdr': 'looks the same, is another' });
    const { report, contents } = await archived();
    expect(Object.keys(contents)).toEqual(['uploads/f\ufffdr']);
    expect(report.skipped).toEqual([
      { path: 'uploads/f\ufffdr', reason: 'its name is not UTF-8 (hex 66fc72), which a ZIP cannot hold exactly' },
    ]);
  });

  it('makes a directory skipped with all that is in it', async () => {
    mkdirSync(notUtf8(0xff));
    writeFileSync(Buffer.concat([notUtf8(0xff), Buffer.from('/inner')]), 'x');
    plant(directory.path, { 'back\\slash/inner': 'y', kept: 'z' });
    const { report, contents } = await archived();
    expect(contents).toEqual({ 'uploads/kept': 'z' });
    expect(report.skipped.map(({ path }) => path).toSorted()).toEqual(
      ['uploads/back\\slash', 'uploads/\ufffd'].toSorted(),
    );
  });
});
