import { randomUUID } from 'node:crypto';
import { clearObjects, finishObjects, pendingObjects } from '../../lib/files/store/pending-objects.js';
import { StagedObjects } from '../../lib/files/store/staged-objects.js';
import { MemoryStore, type StoreMethod } from '../fixtures/memory-store.js';

const FILES = 20;
const attributes = { mode: 0o644, modified: new Date(0) };
/** Nothing that was looked at before is believed after so long, in milliseconds. */
const STOPPED_FOR_MS = 2000;

async function* once(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** A store that stands still at a step, as for a process that is stopped there, until the returned function is called. */
function stopAt(store: MemoryStore, method: StoreMethod, nth: number) {
  let goOn!: () => void;
  let isStopped!: () => void;
  const going = new Promise<void>((resolve) => (goOn = resolve));
  const stopped = new Promise<void>((resolve) => (isStopped = resolve));
  let count = 0;
  store.before = (step) => {
    if (step !== method || ++count < nth) return undefined;
    if (count === nth) isStopped();
    return going;
  };
  return { stopped, goOn };
}

async function sealed(store: MemoryStore): Promise<StagedObjects> {
  for (let file = 0; file < FILES; file++) {
    await store.put(`old-${file}`, Buffer.from('old'));
    await store.put(`both-${file}`, Buffer.from('old'));
  }
  const staged = new StagedObjects(randomUUID(), [{ name: 'pictures', store }], true);
  await staged.prepare();
  for (let file = 0; file < FILES; file++) {
    for (const name of [`both-${file}`, `new-${file}`]) await staged.addFile('pictures', name, once('new'), attributes);
  }
  await staged.seal();
  return staged;
}

/** The same store through the eyes of a process that was not stopped. */
function other(store: MemoryStore): MemoryStore {
  const seen = new MemoryStore(store.location);
  return Object.assign(seen, { files: store.files });
}

const all = (store: MemoryStore) => [...store.files].map(([path, { bytes }]) => `${path}=${bytes}`).toSorted();
const expected = ['both', 'new']
  .flatMap((name) => Array.from({ length: FILES }, (_, at) => `${name}-${at}=new`))
  .toSorted();
const takenOver = {
  code: 'RESTORE_UNFINISHED',
  message: expect.stringContaining('another one has taken the restore over'),
};

describe('A restore in a store that lives on when another process has recovered it', () => {
  it.each<[StoreMethod, number]>([
    ['copy', 1],
    ['copy', 15],
    ['delete', 1],
    ['delete', 30],
    ['delete', 2 * FILES + 3],
  ])('does nothing more, loses nothing and says so (stopped at %s %d)', async (method, nth) => {
    const store = new MemoryStore();
    const staged = await sealed(store);
    const stop = stopAt(store, method, nth);
    let isForgotten = false;
    const run = (async () => {
      await staged.swap();
      await staged.discardOld(async () => void (isForgotten = true));
    })();
    const ended = expect(run).rejects.toMatchObject(takenOver);
    await stop.stopped;

    const seen = other(store);
    const [pending] = await pendingObjects([{ name: 'pictures', store: seen }]);
    await finishObjects(pending!, true, async () => {});
    expect(all(seen)).toEqual(expected);
    // Behind the few requests that were under way.
    await seen.put('old-9', Buffer.from('written since'));
    await seen.put('new-9', Buffer.from('written since'));
    await new Promise((resolve) => setTimeout(resolve, STOPPED_FOR_MS));
    const writes: string[] = [];
    stop.goOn();
    store.before = (step, path) => {
      // What it had copied already it removes from its own, where nothing is any more.
      if (step !== 'open' && step !== 'list' && !path.startsWith('.nestjs-backup/')) writes.push(`${step} ${path}`);
    };
    await ended;
    expect(isForgotten).toBe(false);
    expect(writes).toEqual([]);
    const since = ['new-9=written since', 'old-9=written since'];
    expect(all(store)).toEqual([...expected.filter((line) => line !== 'new-9=new'), ...since].toSorted());
  });

  it('does not commit, when what it had staged was cleared meanwhile', async () => {
    const store = new MemoryStore();
    const staged = new StagedObjects(randomUUID(), [{ name: 'pictures', store }], true);
    await staged.prepare();
    await staged.addFile('pictures', 'a', once('a'), attributes);
    await clearObjects([{ name: 'pictures', store: other(store) }]);
    await expect(staged.seal()).rejects.toMatchObject({ code: expect.stringMatching(/^RESTORE_/) });
    await staged.abandon();
    expect(all(store)).toEqual([]);
  });
});
