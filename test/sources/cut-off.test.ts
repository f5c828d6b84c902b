import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { BROUGHT, ReplacedStore } from './replaced-store.js';

describe('A restore into a store that was cut off', () => {
  let place: ReplacedStore;
  beforeEach(async () => {
    place = await ReplacedStore.make();
  });
  afterEach(() => place.host.close());

  it('fails with its own error where the store does not even answer when it is undone', async () => {
    place.store.dieAt(3);
    const failure = { code: 'RESTORE_FAILED', message: expect.stringContaining('the store does not answer') };
    await expect(place.host.restore(place.archive)).rejects.toMatchObject(failure);
    place.store.revive();
    await place.expectOld();
    expect(place.store.staged).not.toEqual([]);
    await place.host.recover();
    expect(place.store.staged).toEqual([]);
  });

  it.each([true, false])(
    'goes on where a killed process has still removed what is staged (placed: %s)',
    async (placed) => {
      place.store.before = (method) => {
        if (method === 'copy') throw new Error('it does not answer');
      };
      await expect(place.host.restore(place.archive)).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' });
      place.store.before = (method, path) => {
        if (method !== 'copy' || !path.endsWith('/new/a.txt')) return;
        if (placed) place.store.plant({ 'a.txt': BROUGHT['a.txt'] });
        place.store.files.delete(path);
      };
      const start = place.host.start();
      if (placed) await start;
      else await expect(start).rejects.toMatchObject({ message: expect.stringContaining('"pictures"') });
      if (placed) await place.expectNew();
    },
  );

  it('is finished by the next start when the store fails after the commit', async () => {
    let copies = 0;
    place.store.before = (method) => {
      if (method === 'copy' && ++copies > 2) throw new Error('it does not answer');
    };
    await expect(place.host.restore(place.archive)).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' });
    place.store.revive();
    await place.host.start();
    await place.expectNew();
    expect(place.store.staged).toEqual([]);
  });

  it('does not begin over one that was cut off, or over what is not its own', async () => {
    place.store.plant({ '.nestjs-backup/journal.json': '{"version": 9}' });
    await expect(place.host.restore(place.archive)).rejects.toMatchObject({
      message: expect.stringContaining('version 9'),
    });
    place.store.plant({ '.nestjs-backup/journal.json': 'no JSON' });
    await expect(place.host.restore(place.archive)).rejects.toMatchObject({
      message: expect.stringContaining('is damaged'),
    });
    place.store.files.delete('.nestjs-backup/journal.json');
    place.store.plant({ '.nestjs-backup/mine': 'mine' });
    await expect(place.host.restore(place.archive)).rejects.toMatchObject({
      message: expect.stringContaining('was not created by this library'),
    });
    await place.expectOld();
  });

  it('touches nothing when files were being put in place of which the database does not know', async () => {
    place.store.before = (method) => {
      if (method === 'copy') throw new Error('it does not answer');
    };
    await expect(place.host.restore(place.archive)).rejects.toMatchObject({ code: 'RESTORE_UNFINISHED' });
    place.store.revive();
    await place.host.host.query('DELETE FROM nestjs_backup_restore');
    rmSync(join(place.host.files, '.nestjs-backup'), { recursive: true });
    const before = [...place.store.files.keys()];
    const message = expect.stringMatching(/"memory:.*\/placing" says .* Is it the right database\?/);
    await expect(place.host.recover()).rejects.toMatchObject({ message });
    expect([...place.store.files.keys()]).toEqual(before);
  });
});
