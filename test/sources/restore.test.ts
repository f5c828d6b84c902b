import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodeOf } from '../../lib/cli/exit-codes.js';
import { MemoryStore, shown } from '../fixtures/memory-store.js';
import { StoreHost } from './store-host.js';

const OLD = { 'a.txt': 'old a', 'b/c.txt': 'old c', 'gone.txt': 'only old', 'mark/': '' };
const BROUGHT = {
  'a.txt': 'new a',
  'b/c.txt': 'new',
  'b/é ☃.txt': 'é',
  empty: '',
  'folder/': '',
  'big.jpg': 'x'.repeat(1_200_000),
};

const NEW = Object.fromEntries(Object.entries(BROUGHT).map(([path, content]) => [path, shown(content)]));

describe('A restore into a store', () => {
  let store: MemoryStore;
  let host: StoreHost;
  let archive: Buffer;
  /** What there is beside the store: when the archive was made, and now. */
  let [then, now]: object[] = [{}, {}];
  beforeEach(async () => {
    store = new MemoryStore();
    host = await StoreHost.start(store);
    store.plant(BROUGHT);
    then = await host.local();
    archive = await host.backUp();
    store.files.clear();
    store.plant(OLD);
    await host.change('changed');
    now = await host.local();
  });
  afterEach(() => host.close());

  const expectOld = async () => {
    expect(store.visible).toEqual(OLD);
    expect(await host.local()).toEqual(now);
  };
  const expectNew = async () => {
    expect(store.visible).toEqual(NEW);
    expect(await host.local()).toEqual(then);
  };
  const isMarked = async () =>
    ((await host.host.query(`SELECT count(*) AS marks FROM nestjs_backup_restore`))[0] as { marks: number }).marks > 0;

  it('brings everything back, and nothing else is left', async () => {
    const report = await host.restore(archive);
    await expectNew();
    expect(store.staged).toEqual([]);
    expect(report).toMatchObject({ complete: true, warnings: [], files: { pictures: { count: 5, bytes: 1_200_010 } } });
    expect(store.reading).toBe(0);
    expect(await isMarked()).toBe(false);
  });

  it('shows the application nothing before the database has committed', async () => {
    const seen: string[] = [];
    store.before = async (method) => {
      if (method === 'copy') seen.push(JSON.stringify([await isMarked(), store.visible['a.txt']]));
      else if (method === 'put') expect(store.visible).toEqual(seen.length > 0 ? expect.anything() : OLD);
    };
    await host.restore(archive);
    expect(seen[0]).toBe(JSON.stringify([true, 'old a']));
    await expectNew();
  });

  it('forgets the decision when nothing old is left, and removes the journal last', async () => {
    const deleted: Array<[string, boolean]> = [];
    store.before = async (method, path) => {
      if (method === 'delete') deleted.push([path, await isMarked()]);
    };
    await host.restore(archive);
    expect(deleted.at(-1)).toEqual(['.nestjs-backup/journal.json', false]);
    for (const [path, marked] of deleted) expect([path, marked]).toEqual([path, !/plan|journal/.test(path)]);
  });

  describe('without replace', () => {
    it('is refused where something is, with exit code 3, before anything is put', async () => {
      const puts: string[] = [];
      store.before = (method, path) => method === 'put' && puts.push(path);
      await host.host.query('DELETE FROM note');
      const error: unknown = await host.restore(archive, {}).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'RESTORE_REFUSED' });
      expect(exitCodeOf(error)).toBe(3);
      expect(puts).toEqual([]);
      expect(store.visible).toEqual(OLD);
    });

    const empty = async () => {
      store.files.clear();
      await host.host.query('DELETE FROM note');
      await host.start();
    };

    it('is refused when the application has put something meanwhile', async () => {
      await empty();
      const { files } = host;
      const { rm, mkdir } = await import('node:fs/promises');
      await rm(files, { recursive: true });
      await mkdir(files);
      store.before = (method, path) => {
        if (method === 'put' && path.endsWith('big.jpg')) store.plant({ 'meanwhile.txt': 'm' });
      };
      const refusal = { code: 'RESTORE_REFUSED', message: expect.stringContaining('it holds "meanwhile.txt"') };
      await expect(host.restore(archive, {})).rejects.toMatchObject(refusal);
      expect(store.visible).toEqual({ 'meanwhile.txt': 'm' });
      expect(store.staged).toEqual([]);
      store.revive();
      store.files.clear();
      store.plant({ '': '' });
      await host.restore(archive, {});
      store.files.delete('');
      await expectNew();
    });
  });

  it('changes nothing with dryRun, and leaves the store alone with skipFiles', async () => {
    await host.restore(archive, { replace: true, dryRun: true });
    await expectOld();
    expect(store.staged).toEqual([]);
    const touched: string[] = [];
    store.before = (method, path) => path !== '.nestjs-backup/journal.json' && method !== 'list' && touched.push(path);
    await host.restore(archive, { replace: true, skipFiles: true });
    expect(touched).toEqual([]);
    expect(store.visible).toEqual(OLD);
  });

  it('changes nothing when it is aborted', async () => {
    const stop = new AbortController();
    store.before = (method, path) => method === 'put' && path.endsWith('big.jpg') && stop.abort();
    await expect(host.restore(archive, { replace: true, signal: stop.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    await expectOld();
    expect(store.staged).toEqual([]);
  });

  it.each(['new/a.txt', 'new/big.jpg', 'plan.jsonl', 'journal.json'])(
    'changes nothing when %s cannot be put, and says why',
    async (name) => {
      store.before = (method, path) => {
        if (method === 'put' && path.endsWith(name)) throw new Error('it is full');
      };
      const failure = {
        code: 'RESTORE_FAILED',
        message: expect.stringMatching(/"pictures.* could not be staged \(it is full\)/),
      };
      await expect(host.restore(archive)).rejects.toMatchObject(failure);
      await expectOld();
      expect(store.staged).toEqual([]);
    },
  );

  it('leaves nothing of what was on its way when it failed', async () => {
    const { put } = store;
    store.put = async (path, content) => {
      if (path.endsWith('new/big.jpg')) throw new Error('it is full');
      await new Promise((resolve) => setTimeout(resolve, 100));
      await put.call(store, path, content);
    };
    await expect(host.restore(archive)).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(store.staged).toEqual([]);
    await expectOld();
  });

  it('says itself what is wrong with what it puts, whatever the store makes of it', async () => {
    const { put } = store;
    store.put = async (path, content) => {
      await put.call(store, path, content).catch((cause: unknown) => {
        throw new Error('the upload failed', { cause });
      });
    };
    const damaged = Buffer.from(archive);
    const at = archive.indexOf('pictures/big.jpg') + 200;
    damaged[at]! ^= 1;
    await expect(host.restore(damaged)).rejects.toMatchObject({ code: 'ARCHIVE_INVALID' });
    await expectOld();
  });

  it('fails with its own error where the store does not even answer when it is undone', async () => {
    store.dieAt(3);
    const failure = { code: 'RESTORE_FAILED', message: expect.stringContaining('the store does not answer') };
    await expect(host.restore(archive)).rejects.toMatchObject(failure);
    store.revive();
    await expectOld();
    expect(store.staged).not.toEqual([]);
    await host.recover();
    expect(store.staged).toEqual([]);
  });

  it.each([true, false])(
    'goes on where a killed process has still removed what is staged (placed: %s)',
    async (placed) => {
      store.before = (method) => {
        if (method === 'copy') throw new Error('it does not answer');
      };
      await expect(host.restore(archive)).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' });
      store.before = (method, path) => {
        if (method !== 'copy' || !path.endsWith('/new/a.txt')) return;
        if (placed) store.plant({ 'a.txt': BROUGHT['a.txt'] });
        store.files.delete(path);
      };
      const start = host.start();
      if (placed) await start;
      else await expect(start).rejects.toMatchObject({ message: expect.stringContaining('"pictures"') });
      if (placed) await expectNew();
    },
  );

  it('does not commit when the store shows less than was put into it', async () => {
    const { put } = store;
    store.put = async (path, content) => {
      await put.call(store, path, content);
      if (path.endsWith('new/empty')) store.files.delete(path);
    };
    const failure = { code: 'RESTORE_FAILED', message: expect.stringContaining('shows 5 of 6 files') };
    await expect(host.restore(archive)).rejects.toMatchObject(failure);
    await expectOld();
  });

  it('is finished by the next start when the store fails after the commit', async () => {
    let copies = 0;
    store.before = (method) => {
      if (method === 'copy' && ++copies > 2) throw new Error('it does not answer');
    };
    await expect(host.restore(archive)).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' });
    store.revive();
    await host.start();
    await expectNew();
    expect(store.staged).toEqual([]);
  });

  it('does not begin over one that was cut off, or over what is not its own', async () => {
    store.plant({ '.nestjs-backup/journal.json': '{"version": 9}' });
    await expect(host.restore(archive)).rejects.toMatchObject({ message: expect.stringContaining('version 9') });
    store.plant({ '.nestjs-backup/journal.json': 'no JSON' });
    await expect(host.restore(archive)).rejects.toMatchObject({ message: expect.stringContaining('is damaged') });
    store.files.delete('.nestjs-backup/journal.json');
    store.plant({ '.nestjs-backup/mine': 'mine' });
    await expect(host.restore(archive)).rejects.toMatchObject({
      message: expect.stringContaining('not of this library'),
    });
    await expectOld();
  });

  it('touches nothing when files were being put in place of which the database does not know', async () => {
    store.before = (method) => {
      if (method === 'copy') throw new Error('it does not answer');
    };
    await expect(host.restore(archive)).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' });
    store.revive();
    await host.host.query('DELETE FROM nestjs_backup_restore');
    rmSync(join(host.files, '.nestjs-backup'), { recursive: true });
    const before = [...store.files.keys()];
    const message = expect.stringMatching(/"memory:.*\/placing" says .* Is it the right one\?/);
    await expect(host.recover()).rejects.toMatchObject({ message });
    expect([...store.files.keys()]).toEqual(before);
  });
});

describe('What the application writes into a store during a restore', () => {
  let store: MemoryStore;
  let host: StoreHost;
  let archive: Buffer;
  beforeEach(async () => {
    store = new MemoryStore();
    host = await StoreHost.start(store);
    store.plant(BROUGHT);
    archive = await host.backUp();
    store.files.clear();
    store.plant(OLD);
  });
  afterEach(() => host.close());

  /** Writes once the restore is sealed, and restores; with a kill, the next start goes on. */
  const restoreWhile = async (written: Record<string, string>, killed: boolean) => {
    let removed = 0;
    store.before = (method, path) => {
      if (method === 'put' && path.endsWith('/placing')) store.plant(written);
      // By then others are copied, too.
      const isStaged = method === 'delete' && path.includes('/new/');
      if (killed && isStaged && ++removed > 2) throw new Error('it does not answer');
    };
    const report = await host.restore(archive).catch((error: unknown) => error);
    store.revive();
    await host.start();
    const kept = Object.entries(store.visible).filter(([path]) => path.startsWith('kept-by-restore-'));
    const rest = Object.entries(store.visible).filter(([path]) => !path.startsWith('kept-by-restore-'));
    expect(store.staged).toEqual([]);
    return {
      report,
      kept: Object.fromEntries(kept.map(([path, content]) => [path.slice(path.indexOf('/') + 1), content])),
      rest: Object.fromEntries(rest),
    };
  };

  const written = { 'a.txt': 'theirs', 'b/é ☃.txt': 'theirs, too', 'gone.txt': 'written anew', 'brand/new.txt': 'n' };

  it('is kept, and named', async () => {
    const { report, kept, rest } = await restoreWhile(written, false);
    expect(rest).toEqual({ ...NEW, 'gone.txt': 'written anew', 'brand/new.txt': 'n' });
    expect(kept).toEqual({ 'a.txt': 'theirs', 'b/é ☃.txt': 'theirs, too' });
    const { warnings } = report as { warnings: string[] };
    expect(warnings.toSorted()).toEqual(
      [
        'memory://store/brand/new.txt',
        'memory://store/gone.txt',
        expect.stringMatching(/^memory:\/\/store\/kept-by-restore-[-\w]+\/a\.txt/),
        expect.stringMatching(/^memory:\/\/store\/kept-by-restore-[-\w]+\/b\/é ☃\.txt/),
      ].map((start) =>
        typeof start === 'string' ? `${start}: the application wrote it during the restore, and it was kept` : start,
      ),
    );
  });

  it('is kept when the restore is killed meanwhile, and nothing of the restore is taken for it', async () => {
    const { kept, rest } = await restoreWhile(written, true);
    expect(rest).toEqual({ ...NEW, 'gone.txt': 'written anew', 'brand/new.txt': 'n' });
    expect(kept).toEqual({ 'a.txt': 'theirs', 'b/é ☃.txt': 'theirs, too' });
  });

  it('is nothing when it wrote nothing, however often the restore is cut off', async () => {
    const { kept, rest } = await restoreWhile({}, true);
    expect({ kept, rest }).toEqual({ kept: {}, rest: NEW });
  });
});
