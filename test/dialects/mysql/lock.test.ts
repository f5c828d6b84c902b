import { describeMysqlEngines } from '../../fixtures/databases.js';
import { mysqlSuite } from './harness.js';

describeMysqlEngines('mysql lock', (engine) => {
  const { createDatabase, dialect, query, watched } = mysqlSuite(engine);

  it('belongs to one holder of a database at a time, and to the next as soon as it is released', async () => {
    const [one, two] = [await dialect(), await dialect()];
    const lock = await one.lock();
    await expect(two.lock()).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
    await lock.release();
    expect(lock.lost.aborted).toBe(false);
    for (let round = 0; round < 20; round++) await (await two.lock()).release();
  });

  it('does not touch other databases', async () => {
    const lock = await (await dialect()).lock();
    const other = await createDatabase();
    const otherLock = await (await dialect(other.options)).lock();
    await Promise.all([lock.release(), otherLock.release()]);
  });

  it('is free, and known as lost, when its connection is killed', async () => {
    const [one, two] = [await dialect(), await dialect()];
    const { opened: lock, ids } = await watched(() => one.lock());
    expect(ids).toHaveLength(1);
    await query(`KILL ${ids[0]}`);
    if (!lock.lost.aborted) await new Promise((resolve) => lock.lost.addEventListener('abort', resolve));
    expect(lock.lost.reason).toMatchObject({ code: 'LOCK_LOST' });
    await (await two.lock()).release();
    await lock.release();
  });
});
