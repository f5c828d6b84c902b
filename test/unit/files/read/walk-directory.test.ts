import { Dir, existsSync, readdirSync, readlinkSync } from 'node:fs';
import { jest } from '@jest/globals';
import { listFolder } from '../../../../lib/files/read/walk-directory.js';
import { numbered, plant, temporaryDirectory } from '../../../fixtures/files.js';

const directory = temporaryDirectory();

async function listed(): Promise<string[][]> {
  const groups: string[][] = [];
  for await (const group of listFolder(Buffer.from(directory.path))) groups.push(group.map(({ name }) => `${name}`));
  return groups;
}

function isOpen(path: string): boolean {
  return readdirSync('/proc/self/fd').some((descriptor) => {
    const link = `/proc/self/fd/${descriptor}`;
    return existsSync(link) && readlinkSync(link) === path;
  });
}

describe('A folder', () => {
  it.each([0, 1, 63, 64, 65, 128, 300])('is listed completely, in groups, with %i entries', async (count) => {
    plant(directory.path, numbered(count));
    const groups = await listed();
    expect(groups.flat().toSorted()).toEqual(Object.keys(numbered(count)).toSorted());
    expect(groups.every(({ length }) => length > 0 && length <= 64)).toBe(true);
    expect(isOpen(directory.path)).toBe(false);
  });

  it('is closed when nobody wants the rest of it', async () => {
    plant(directory.path, numbered(300));
    for await (const group of listFolder(Buffer.from(directory.path))) if (group.length > 0) break;
    expect(isOpen(directory.path)).toBe(false);
  });

  it('fails when a disk does, after what was listed before', async () => {
    plant(directory.path, numbered(300));
    const { read } = Dir.prototype as unknown as { read: (take: (error: Error | null) => void) => void };
    let reads = 0;
    // No disk here fails when it is told to.
    const reading = jest.spyOn(Dir.prototype, 'read').mockImplementation(function (this: Dir, take: unknown) {
      if (++reads > 100) return (take as (error: Error) => void)(Object.assign(new Error('read'), { code: 'EIO' }));
      return read.call(this, take as () => void) as never;
    } as never);
    const names: string[] = [];
    const listing = (async () => {
      for await (const group of listFolder(Buffer.from(directory.path))) {
        names.push(...group.map(({ name }) => `${name}`));
      }
    })();
    await expect(listing).rejects.toMatchObject({ code: 'EIO' });
    reading.mockRestore();
    expect(names).toHaveLength(100);
    expect(isOpen(directory.path)).toBe(false);
  });

  it('fails with the error of the system when it is not there', async () => {
    const nowhere = listFolder(Buffer.from(directory.at('nowhere')));
    await expect(nowhere.next()).rejects.toMatchObject({ code: 'ENOENT', syscall: 'opendir' });
  });
});
