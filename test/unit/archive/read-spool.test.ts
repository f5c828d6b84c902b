import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, fstatSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { openFileSource } from '../../../lib/archive/read/file-source.js';
import { spool } from '../../../lib/archive/read/spool.js';
import { openBelow, temporaryDirectory } from '../../fixtures/files.js';

const folder = temporaryDirectory();

describe('A stream that is kept', () => {
  it('can be read at any place, has no name and mode 0600', async () => {
    const bytes = randomBytes(300_000);
    const source = await spool(Readable.from([bytes.subarray(0, 7), bytes.subarray(7)]), { directory: folder.path });
    expect(source.size).toBe(300_000);
    expect((await source.read(5, 200_000)).equals(bytes.subarray(5, 200_005))).toBe(true);
    expect(readdirSync(folder.path)).toEqual([]);
    if (existsSync('/proc/self/fd')) {
      const own = readdirSync('/proc/self/fd').find((one) => {
        try {
          return readlinkSync(`/proc/self/fd/${one}`).startsWith(folder.path);
        } catch {
          return false;
        }
      });
      expect(fstatSync(Number(own)).mode & 0o777).toBe(0o600);
    }
    await source.close();
    expect(openBelow(folder.path)).toEqual([]);
  });

  it('that breaks leaves nothing', async () => {
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('x');
        throw new Error('The network is down.');
      })(),
    );
    await expect(spool(broken, { directory: folder.path })).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    expect(openBelow(folder.path)).toEqual([]);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('is refused when it gives objects instead of bytes', async () => {
    for (const chunk of [{ row: 1 }, 7, undefined]) {
      await expect(spool(Readable.from([chunk]), { directory: folder.path })).rejects.toMatchObject({
        code: 'ARCHIVE_INVALID',
        message: expect.stringContaining('does not yield bytes'),
      });
    }
    expect(openBelow(folder.path)).toEqual([]);
  });

  it('ends when it is aborted, also while it waits', async () => {
    const endless = new PassThrough();
    endless.write('x');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    await expect(spool(endless, { directory: folder.path, signal: stop.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(endless.destroyed).toBe(true);
    expect(openBelow(folder.path)).toEqual([]);
    await expect(spool(new PassThrough(), { signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('may break, or be aborted, before it is read', async () => {
    const broken = new PassThrough();
    const kept = spool(broken, { directory: folder.path });
    broken.destroy(new Error('The network is down.'));
    await expect(kept).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    const stop = new AbortController();
    const aborted = spool(new PassThrough(), { directory: folder.path, signal: stop.signal });
    stop.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' });
    expect(openBelow(folder.path)).toEqual([]);
  });

  it('has a directory that exists', async () => {
    await expect(spool(Readable.from(['x']), { directory: folder.at('none') })).rejects.toMatchObject({
      code: 'ARCHIVE_FAILED',
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('on a full disk says so, and leaves nothing', async () => {
    // A filesystem of 1 MiB takes the rights to mount one.
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder.path], { stdio: 'ignore' });
    } catch {
      return;
    }
    try {
      await expect(spool(Readable.from([Buffer.alloc(3_000_000)]), { directory: folder.path })).rejects.toMatchObject({
        code: 'ARCHIVE_FAILED',
        message: expect.stringContaining('no space left'),
      });
      expect(readdirSync(folder.path)).toEqual([]);
      expect(openBelow(folder.path)).toEqual([]);
    } finally {
      execFileSync('umount', [folder.path]);
    }
  });
});

describe('An archive in a file', () => {
  it('must be one that can be opened', async () => {
    await expect(openFileSource(folder.at('none'))).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringContaining('ENOENT'),
    });
    await expect(openFileSource(folder.path)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
  });

  it('that is cut while it is read is refused', async () => {
    writeFileSync(folder.at('archive'), Buffer.alloc(1000));
    const source = await openFileSource(folder.at('archive'));
    writeFileSync(folder.at('archive'), Buffer.alloc(500));
    await expect(source.read(400, 200)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await source.close();
    expect(openBelow(folder.path)).toEqual([]);
  });
});
