import { MemoryStore, shown } from '../fixtures/memory-store.js';
import { StoreHost } from './store-host.js';

/** What is in the store before a restore, */
export const OLD = { 'a.txt': 'old a', 'b/c.txt': 'old c', 'gone.txt': 'only old', 'mark/': '' };
/** and what it brings. */
export const BROUGHT = {
  'a.txt': 'new a',
  'b/c.txt': 'new',
  'b/é ☃.txt': 'é',
  empty: '',
  'folder/': '',
  'big.jpg': 'x'.repeat(1_200_000),
};
export const NEW = Object.fromEntries(Object.entries(BROUGHT).map(([path, content]) => [path, shown(content)]));

/** A host whose store has other files than the archive that is to be restored. */
export class ReplacedStore {
  private constructor(
    readonly store: MemoryStore,
    readonly host: StoreHost,
    readonly archive: Buffer,
    /** What there is beside the store: when the archive was made, and now. */
    private readonly then: object,
    private readonly now: object,
  ) {}

  static async make(): Promise<ReplacedStore> {
    const store = new MemoryStore();
    const host = await StoreHost.start(store);
    store.plant(BROUGHT);
    const then = await host.local();
    const archive = await host.backUp();
    store.files.clear();
    store.plant(OLD);
    await host.change('changed');
    return new ReplacedStore(store, host, archive, then, await host.local());
  }

  async expectOld(): Promise<void> {
    expect(this.store.visible).toEqual(OLD);
    expect(await this.host.local()).toEqual(this.now);
  }

  async expectNew(): Promise<void> {
    expect(this.store.visible).toEqual(NEW);
    expect(await this.host.local()).toEqual(this.then);
  }

  /** Whether the database has decided about a restore. */
  async isMarked(): Promise<boolean> {
    const [found] = await this.host.host.query('SELECT count(*) AS marks FROM nestjs_backup_restore');
    return (found as { marks: number }).marks > 0;
  }
}
