import { randomBytes } from 'node:crypto';
import { ArchiveService } from '../../lib/files/archive.service.js';
import type { DirectoryReport } from '../../lib/files/read/directory-report.js';
import { MemoryStore } from '../fixtures/memory-store.js';
import { writeZip } from '../fixtures/zip.js';

const LARGE = 3_000_000;

/** The store as `pictures/` of an archive that every reader accepts. */
async function archived(store: MemoryStore, onProgress?: (bytes: number) => void) {
  let report: DirectoryReport | undefined;
  const entries = await writeZip(async (writer) => {
    report = await new ArchiveService().addDirectory(writer, { name: 'pictures', store }, onProgress);
    await writer.addBytes('manifest.json', Buffer.from('{}'));
  });
  entries.pop();
  expect(store.reading).toBe(0);
  return { report: report!, contents: Object.fromEntries(entries.map(({ name, content }) => [name, String(content)])) };
}

describe('A data directory in a store, in an archive', () => {
  let store: MemoryStore;
  beforeEach(() => {
    store = new MemoryStore();
  });

  it('has every object at its place, and its folders', async () => {
    const large = 'x'.repeat(LARGE);
    store.plant({
      'a.txt': 'a',
      'b/c d/é.txt': 'é',
      empty: '',
      'folder/': '',
      'large.bin': large,
      'used/': '',
      'used/a': 'u',
    });
    let bytes = 0;
    const { report, contents } = await archived(store, (size) => (bytes += size));
    expect(contents).toEqual({
      'pictures/a.txt': 'a',
      'pictures/b/c d/é.txt': 'é',
      'pictures/empty': '',
      'pictures/folder/': '',
      'pictures/large.bin': large,
      'pictures/used/': '',
      'pictures/used/a': 'u',
    });
    expect(report).toEqual({ count: 5, bytes: LARGE + 4, skipped: [], warnings: [] });
    expect(bytes).toBe(LARGE + 4);
  });

  it('is an entry of its own when it is empty, and has nothing of what a restore keeps there', async () => {
    store.plant({ '': '', '.nestjs-backup/journal.json': '{}', '.nestjs-backup/id/new/a': 'a' });
    const { report, contents } = await archived(store);
    expect(contents).toEqual({ 'pictures/': '' });
    expect(report).toEqual({ count: 0, bytes: 0, skipped: [], warnings: [] });
  });

  it('names every object that no archive can hold, and why', async () => {
    const odd = [
      '../up',
      '/absolute',
      'a//b',
      'a/../b',
      'a/./b',
      'back\\slash',
      'nul\0',
      '.nestjs-backup',
      'not-empty/',
      'x//',
    ];
    store.plant(Object.fromEntries(odd.map((path) => [path, 'x'])));
    store.plant({ '': 'content', '//': '', fine: 'fine' });
    const { report, contents } = await archived(store);
    expect(contents).toEqual({ 'pictures/fine': 'fine' });
    expect(report.skipped.map(({ path }) => path).toSorted()).toEqual(
      ['pictures', 'pictures//', ...odd.map((path) => `pictures/${path}`)].toSorted(),
    );
    for (const { reason } of report.skipped) expect(reason).toMatch(/^its name .+, which an archive cannot hold$/);
  });

  it('names what is both a file and a folder of others', async () => {
    store.plant({ a: 'file', 'a-b': 'x', 'a/b': 'x', 'a/c/d': 'x', 'ab/c': 'x', b: 'file', 'b/': '' });
    const { report, contents } = await archived(store);
    expect(Object.keys(contents)).toEqual(['pictures/a', 'pictures/a-b', 'pictures/ab/c', 'pictures/b']);
    const reason = (file: string) => `"${file}" is a file, and an archive cannot also hold it as a folder`;
    expect(report.skipped).toEqual([
      { path: 'pictures/a/b', reason: reason('a') },
      { path: 'pictures/a/c/d', reason: reason('a') },
      { path: 'pictures/b', reason: reason('b') },
    ]);
  });

  it.each([10, LARGE])('skips an object of %i bytes that vanishes before it is read', async (size) => {
    store.plant({ a: 'a', gone: randomBytes(size), z: 'z' });
    store.before = (method, path) => method === 'open' && path === 'gone' && store.files.delete('gone');
    const { report, contents } = await archived(store);
    expect(Object.keys(contents)).toEqual(['pictures/a', 'pictures/z']);
    expect(report).toMatchObject({
      count: 2,
      skipped: [{ path: 'pictures/gone', reason: 'it vanished during the backup' }],
    });
  });

  it.each([100_000, LARGE])('skips an object of %i bytes that changes while it is read', async (size) => {
    store.plant({ a: 'a', changing: randomBytes(size), z: 'z' });
    const { open } = store;
    store.open = async (path) => {
      const opened = await open.call(store, path);
      if (path === 'changing') opened.content.once('data', () => store.plant({ changing: 'other' }));
      if (path === 'changing') opened.content.pause();
      return opened;
    };
    const { report, contents } = await archived(store);
    expect(Object.keys(contents)).toEqual(['pictures/a', 'pictures/z']);
    expect(report.skipped).toEqual([
      { path: 'pictures/changing', reason: 'it could not be read (it was replaced while it was read)' },
    ]);
  });

  it.each([-1, 1])('skips an object of which a stream gives %i bytes more than was said', async (more) => {
    store.plant({ a: 'abc', large: Buffer.alloc(LARGE, 'x') });
    const { open } = store;
    store.open = async (path) => {
      const opened = await open.call(store, path);
      return { ...opened, size: opened.size - more };
    };
    const { report, contents } = await archived(store);
    expect(contents).toEqual({});
    expect(report.skipped.map(({ path }) => path)).toEqual(['pictures/a', 'pictures/large']);
    for (const { reason } of report.skipped) expect(reason).toMatch(/it was changed while it was being read/);
  });

  it('has the state and the size at which an object was opened, whatever the list said', async () => {
    store.plant({ a: 'short', b: randomBytes(LARGE) });
    store.before = (method, path) => {
      if (method === 'open') store.plant({ [path]: path === 'a' ? 'x'.repeat(LARGE) : 'y' });
    };
    const { report, contents } = await archived(store);
    expect(contents).toEqual({ 'pictures/a': 'x'.repeat(LARGE), 'pictures/b': 'y' });
    expect(report).toEqual({ count: 2, bytes: LARGE + 1, skipped: [], warnings: [] });
  });

  it('fails when it cannot be listed to its end, and in no order but that of the names', async () => {
    store.plant(Object.fromEntries('abcdefgh'.split('').map((name) => [name, name])));
    const refusal = { code: 'DIRECTORY_UNREADABLE', message: expect.stringContaining('"pictures"') };
    let pages = 0;
    store.before = (method) => {
      if (method === 'list' && ++pages === 2) throw new Error('no answer');
    };
    await expect(archived(store)).rejects.toMatchObject(refusal);
    store.before = () => {};
    const directories = [{ name: 'pictures', store }];
    await new ArchiveService().checkDirectories(directories);
    store.list = async function* () {
      for (const path of ['b', 'a']) yield { path, bytes: 1, modified: new Date() };
    };
    await expect(archived(store)).rejects.toMatchObject(refusal);
    store.list = async function* () {
      throw new Error('no answer');
    };
    await expect(new ArchiveService().checkDirectories(directories)).rejects.toMatchObject(refusal);
  });

  it('reads a few small objects ahead, and holds no more of them', async () => {
    store.plant(Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`${at}`, 'x'])));
    let [now, most] = [0, 0];
    const { open } = store;
    store.open = async (path) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      return open.call(store, path);
    };
    expect((await archived(store)).report.count).toBe(100);
    expect(most).toBeGreaterThan(2);
    expect(most).toBeLessThanOrEqual(8);
  });
});
