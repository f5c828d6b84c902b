import { BackupError } from 'nestjs-backup';
import { everyday } from '../fixtures/everyday.js';
import { MemoryStore } from '../fixtures/memory-store.js';
import { StoreHost } from './store-host.js';

const OLD = { 'a.txt': 'old a', 'b/c.txt': 'old c', 'gone.txt': 'only old', 'mark/': '' };
const NEW = { 'a.txt': 'new a', 'b/c.txt': 'new', 'd.txt': 'd', empty: '' };
/** More than a restore makes; of those that come too late it is said below that they do. */
const CHANGES = 40;
const RECOVERY = 12;

/** The store takes no change any more from some moment on, for the rest of the restore, what it does to undo itself included. */
describe('A restore whose store dies at each of its changes', () => {
  let store: MemoryStore;
  let host: StoreHost;
  let archive: Buffer;
  let before: object;
  let after: object;
  beforeEach(async () => {
    store = new MemoryStore();
    host = await StoreHost.start(store);
    store.plant(NEW);
    after = await host.local();
    archive = await host.backUp();
    store.files.clear();
    store.plant(OLD);
    await host.change('changed');
    before = await host.local();
  });
  afterEach(() => host.close());

  const isNewNow = async () => {
    const local = await host.local();
    const isNew = JSON.stringify(local) === JSON.stringify(after);
    expect(local).toEqual(isNew ? after : before);
    expect(store.visible).toEqual(isNew ? NEW : OLD);
    return isNew;
  };

  it('is the old or the new, in the database, in local files and in the store, after the next start', async () => {
    const outcomes: boolean[] = [];
    for (const change of everyday([...Array(CHANGES).keys()].slice(1), 8)) {
      store.files.clear();
      store.plant(OLD);
      await host.restore(archive, { replace: true, skipFiles: true });
      await host.change('changed');
      before = await host.local();
      store.dieAt(change);
      const ended = await host.restore(archive).catch((error: unknown) => error);
      store.revive();
      await host.start();
      const isNew = await isNewNow();
      outcomes[change] = isNew;
      if (!isNew) expect(ended).toBeInstanceOf(Error);
      await host.recover();
      expect(store.staged).toEqual([]);
      expect(await isNewNow()).toBe(isNew);
    }
    const found = outcomes.filter((one) => one !== undefined);
    expect(found).toEqual(found.toSorted((one, other) => Number(one) - Number(other)));
  });

  it('and the next start’s too, and the one after that', async () => {
    for (const change of everyday([...Array(RECOVERY).keys()].slice(1), 3)) {
      store.files.clear();
      store.plant(OLD);
      let copies = 0;
      store.before = (method) => {
        if (method === 'copy' && ++copies > 1) throw new Error('the store does not answer');
      };
      await expect(host.restore(archive)).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' });
      for (const moment of [change, Math.ceil(change / 2)]) {
        store.dieAt(moment);
        await host.start().catch((error: unknown) => expect(error).toBeInstanceOf(BackupError));
      }
      store.revive();
      await host.start();
      expect(await isNewNow()).toBe(true);
      await host.recover();
      expect(store.staged).toEqual([]);
    }
  });
});
