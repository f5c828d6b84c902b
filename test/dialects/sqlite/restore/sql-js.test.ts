import { randomUUID } from 'node:crypto';
import { sqliteRestore } from '../../../../lib/database/dialects/sqlite/restore/index.js';
import { restore, save } from '../../support/saved.js';
import { run } from '../harness.js';
import { restoreSuite } from './harness.js';

const { connect, file } = restoreSuite();

describe('what sql.js has restored', () => {
  it.each([true, false])('is saved to its file (autoSave %s)', async (autoSave) => {
    const location = file('saved');
    const from = await connect('sql.js', 'from');
    const to = await connect('sql.js', 'to', { location, autoSave });
    for (const dataSource of [from, to]) await run(dataSource, 'CREATE TABLE t (id integer PRIMARY KEY)');
    await run(from, 'INSERT INTO t VALUES (1)');
    const id = await restore(to, await save(from));
    const again = await connect('sql.js', 'again', { location });
    expect(await again.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
    expect(await sqliteRestore(again).wasCommitted(id)).toBe(true);
    await sqliteRestore(to).forget(id);
    const later = await connect('sql.js', 'later', { location });
    expect(await sqliteRestore(later).wasCommitted(id)).toBe(false);
  });

  it('is of unknown outcome while it cannot be saved', async () => {
    let full = true;
    const images: Uint8Array[] = [];
    const autoSaveCallback = async (image: Uint8Array) => {
      if (full) throw new Error('no space');
      images.push(image);
    };
    const [from, to] = [await connect('sql.js'), await connect('sql.js', 'to', { autoSave: true, autoSaveCallback })];
    for (const dataSource of [from, to]) {
      (dataSource.driver as any).databaseConnection.exec('CREATE TABLE t (id integer PRIMARY KEY)');
    }
    const saved = await save(from);
    const id = randomUUID();
    await expect(restore(to, saved, id)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await expect(sqliteRestore(to).wasCommitted(id)).rejects.toThrow();
    full = false;
    expect(await sqliteRestore(to).wasCommitted(id)).toBe(true);
    expect(images).toHaveLength(1);
  });
});
