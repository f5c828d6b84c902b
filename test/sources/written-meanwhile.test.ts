import { NEW, ReplacedStore } from './replaced-store.js';

describe('What the application writes into a store during a restore', () => {
  let place: ReplacedStore;
  beforeEach(async () => {
    place = await ReplacedStore.make();
  });
  afterEach(() => place.host.close());

  /** Writes once the restore is sealed, and restores; with a kill, the next start goes on. */
  const restoreWhile = async (written: Record<string, string>, killed: boolean) => {
    let removed = 0;
    place.store.before = (method, path) => {
      if (method === 'put' && path.endsWith('/placing')) place.store.plant(written);
      // By then others are copied, too.
      const isStaged = method === 'delete' && path.includes('/new/');
      if (killed && isStaged && ++removed > 2) throw new Error('it does not answer');
    };
    const report = await place.host.restore(place.archive).catch((error: unknown) => error);
    place.store.revive();
    await place.host.start();
    const kept = Object.entries(place.store.visible).filter(([path]) => path.startsWith('kept-by-restore-'));
    const rest = Object.entries(place.store.visible).filter(([path]) => !path.startsWith('kept-by-restore-'));
    expect(place.store.staged).toEqual([]);
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
        typeof start === 'string' ? `${start}: the application wrote it during the restore, so it was kept` : start,
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
