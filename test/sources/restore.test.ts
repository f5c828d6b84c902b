import { exitCodeOf } from '../../lib/cli/exit-codes.js';
import { OLD, ReplacedStore } from './replaced-store.js';

describe('A restore into a store', () => {
  let place: ReplacedStore;
  beforeEach(async () => {
    place = await ReplacedStore.make();
  });
  afterEach(() => place.host.close());

  it('brings everything back, and nothing else is left', async () => {
    const report = await place.host.restore(place.archive);
    await place.expectNew();
    expect(place.store.staged).toEqual([]);
    expect(report).toMatchObject({ complete: true, warnings: [], files: { pictures: { count: 5, bytes: 1_200_010 } } });
    expect(place.store.reading).toBe(0);
    expect(await place.isMarked()).toBe(false);
  });

  it('shows the application nothing before the database has committed', async () => {
    const seen: string[] = [];
    place.store.before = async (method) => {
      if (method === 'copy') seen.push(JSON.stringify([await place.isMarked(), place.store.visible['a.txt']]));
      else if (method === 'put') expect(place.store.visible).toEqual(seen.length > 0 ? expect.anything() : OLD);
    };
    await place.host.restore(place.archive);
    expect(seen[0]).toBe(JSON.stringify([true, 'old a']));
    await place.expectNew();
  });

  it('forgets the decision when nothing old is left, and removes the journal last', async () => {
    const deleted: Array<[string, boolean]> = [];
    place.store.before = async (method, path) => {
      if (method === 'delete') deleted.push([path, await place.isMarked()]);
    };
    await place.host.restore(place.archive);
    expect(deleted.at(-1)).toEqual(['.nestjs-backup/journal.json', false]);
    for (const [path, marked] of deleted) expect([path, marked]).toEqual([path, !/claim|plan|journal/.test(path)]);
  });

  describe('without replace', () => {
    it('is refused where something is, with exit code 3, before anything is put', async () => {
      const puts: string[] = [];
      place.store.before = (method, path) => method === 'put' && puts.push(path);
      await place.host.host.query('DELETE FROM note');
      const error: unknown = await place.host.restore(place.archive, {}).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'RESTORE_REFUSED' });
      expect(exitCodeOf(error)).toBe(3);
      expect(puts).toEqual([]);
      expect(place.store.visible).toEqual(OLD);
    });

    const empty = async () => {
      place.store.files.clear();
      await place.host.host.query('DELETE FROM note');
      await place.host.start();
    };

    it('is refused when the application has put something meanwhile', async () => {
      await empty();
      const { files } = place.host;
      const { rm, mkdir } = await import('node:fs/promises');
      await rm(files, { recursive: true });
      await mkdir(files);
      place.store.before = (method, path) => {
        if (method === 'put' && path.endsWith('big.jpg')) place.store.plant({ 'meanwhile.txt': 'm' });
      };
      const refusal = { code: 'RESTORE_REFUSED', message: expect.stringContaining('it holds "meanwhile.txt"') };
      await expect(place.host.restore(place.archive, {})).rejects.toMatchObject(refusal);
      expect(place.store.visible).toEqual({ 'meanwhile.txt': 'm' });
      expect(place.store.staged).toEqual([]);
      place.store.revive();
      place.store.files.clear();
      place.store.plant({ '': '' });
      await place.host.restore(place.archive, {});
      place.store.files.delete('');
      await place.expectNew();
    });
  });

  it('changes nothing with dryRun, and leaves the store alone with skipFiles', async () => {
    await place.host.restore(place.archive, { replace: true, dryRun: true });
    await place.expectOld();
    expect(place.store.staged).toEqual([]);
    const touched: string[] = [];
    place.store.before = (method, path) =>
      path !== '.nestjs-backup/journal.json' && method !== 'list' && touched.push(path);
    await place.host.restore(place.archive, { replace: true, skipFiles: true });
    expect(touched).toEqual([]);
    expect(place.store.visible).toEqual(OLD);
  });

  it('changes nothing when it is aborted', async () => {
    const stop = new AbortController();
    place.store.before = (method, path) => method === 'put' && path.endsWith('big.jpg') && stop.abort();
    await expect(place.host.restore(place.archive, { replace: true, signal: stop.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await place.expectOld();
    expect(place.store.staged).toEqual([]);
  });

  it.each(['new/a.txt', 'new/big.jpg', 'plan.jsonl', 'journal.json'])(
    'changes nothing when %s cannot be put, and says why',
    async (name) => {
      place.store.before = (method, path) => {
        if (method === 'put' && path.endsWith(name)) throw new Error('it is full');
      };
      const failure = {
        code: 'RESTORE_FAILED',
        message: expect.stringMatching(/"pictures.* could not be staged \(it is full\)/),
      };
      await expect(place.host.restore(place.archive)).rejects.toMatchObject(failure);
      await place.expectOld();
      expect(place.store.staged).toEqual([]);
    },
  );

  it('leaves nothing of what was on its way when it failed', async () => {
    const { put } = place.store;
    place.store.put = async (path, content) => {
      if (path.endsWith('new/big.jpg')) throw new Error('it is full');
      await new Promise((resolve) => setTimeout(resolve, 100));
      await put.call(place.store, path, content);
    };
    await expect(place.host.restore(place.archive)).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(place.store.staged).toEqual([]);
    await place.expectOld();
  });

  it('says itself what is wrong with what it puts, whatever the store makes of it', async () => {
    const { put } = place.store;
    place.store.put = async (path, content) => {
      await put.call(place.store, path, content).catch((cause: unknown) => {
        throw new Error('the upload failed', { cause });
      });
    };
    const damaged = Buffer.from(place.archive);
    const at = place.archive.indexOf('pictures/big.jpg') + 200;
    damaged[at]! ^= 1;
    await expect(place.host.restore(damaged)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await place.expectOld();
  });

  it('does not commit when the store shows less than was put into it', async () => {
    const { put } = place.store;
    place.store.put = async (path, content) => {
      await put.call(place.store, path, content);
      if (path.endsWith('new/empty')) place.store.files.delete(path);
    };
    const failure = { code: 'RESTORE_FAILED', message: expect.stringContaining('lists 5 of 6 files') };
    await expect(place.host.restore(place.archive)).rejects.toMatchObject(failure);
    await place.expectOld();
  });
});
