import { randomUUID } from 'node:crypto';
import { unsavedPaths } from '../../lib/files/restore-target.js';
import { finishObjects, pendingObjects } from '../../lib/files/store/pending-objects.js';
import { StagedObjects } from '../../lib/files/store/staged-objects.js';
import { MemoryStore } from '../fixtures/memory-store.js';

const attributes = { mode: 0o644, modified: new Date() };

async function* once(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

describe('Files of a restore, staged in a store', () => {
  it('are not touched by another restore, once they are sealed', async () => {
    const store = new MemoryStore();
    const restore = () => new StagedObjects(randomUUID(), [{ name: 'pictures', store }], true);
    const first = restore();
    await first.prepare();
    await first.addFile('pictures', 'a', once('a'), attributes);
    await first.seal();
    const staged = store.staged;
    const refusal = { code: 'RESTORE_REFUSED', message: expect.stringContaining('holds an interrupted restore') };
    await expect(restore().prepare()).rejects.toMatchObject(refusal);
    expect(store.staged).toEqual(staged);
  });

  it.each(['../up', 'a//b', '/a', '.nestjs-backup/journal.json', 'a\\b', ''])('do not go to %j', async (path) => {
    const store = new MemoryStore();
    const staged = new StagedObjects(randomUUID(), [{ name: 'pictures', store }]);
    await staged.prepare();
    const refusal = { code: 'ARCHIVE_INVALID', message: expect.stringContaining('not safe below "pictures"') };
    await expect(staged.addFile('pictures', path, once('a'), attributes)).rejects.toMatchObject(refusal);
    await expect(staged.addDirectory('pictures', path, attributes)).rejects.toMatchObject(refusal);
    expect([...store.files.keys()]).toEqual([expect.stringMatching(/^\.nestjs-backup\/[^/]+\/claim$/)]);
  });

  it.each(['the same process', 'the next start'])('leave alone what the backup has skipped, by %s', async (who) => {
    const store = new MemoryStore();
    store.plant({ 'a.png': 'old', 'b.png': 'old', 'x.png': 'mine', 'closed/x.png': 'mine', 'closed/a.png': 'old' });
    const unsaved = unsavedPaths(['x.png', 'closed', 'a/b'].map((path) => ({ path: `pictures/${path}` })));
    const directories = [{ name: 'pictures', store }];
    const staged = new StagedObjects(randomUUID(), directories, true, undefined, unsaved);
    await staged.prepare();
    for (const path of ['a.png', 'closed/a.png']) await staged.addFile('pictures', path, once('new'), attributes);
    await staged.seal();
    if (who === 'the next start') {
      const [pending] = await pendingObjects(directories);
      expect((await finishObjects(pending!, true, async () => {})).paths).toEqual([]);
    } else {
      await staged.swap();
      await staged.discardOld(async () => {});
      expect(staged.kept.paths).toEqual([]);
    }
    expect(store.visible).toEqual({ 'a.png': 'new', 'closed/a.png': 'new', 'closed/x.png': 'mine', 'x.png': 'mine' });
    expect(store.staged).toEqual([]);
  });
});
