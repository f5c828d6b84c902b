import { setTimeout as sleep } from 'node:timers/promises';
import { describeMysqlEngines } from '../../../fixtures/databases.js';
import { allowing } from '../../../fixtures/wait.js';
import { restore, save } from '../../support/saved.js';
import { restoreSuite } from './harness.js';

const BUSY_TEST_MS = 180_000;

describeMysqlEngines('a restore of MySQL, when others hold a lock', (engine) => {
  const { client, marks, prepare, query, state, target } = restoreSuite(engine);

  it.each([
    ['a row', 'UPDATE log SET what = 1', 'log'],
    ['a table with triggers', 'SELECT * FROM teams', 'teams'],
  ])(
    'on %s, it waits, then gives up by name and puts all back',
    async (_, sql, name) => {
      const saved = await prepare();
      await query(`INSERT INTO log VALUES (1, 'x')`);
      const before = await state();
      const other = await client();
      await other.query('START TRANSACTION');
      await other.query(sql);
      const start = performance.now();
      await expect(restore(target(), saved)).rejects.toMatchObject({
        code: 'DATABASE_BUSY',
        message: expect.stringContaining(`"${name}"`),
      });
      expect(performance.now() - start).toBeLessThan(allowing(25_000));
      await other.query('ROLLBACK');
      expect(await state()).toBe(before);
      expect(await marks()).toEqual([]);
    },
    BUSY_TEST_MS,
  );

  it('for a while, it goes on', async () => {
    const saved = await prepare();
    const other = await client();
    await other.query('START TRANSACTION');
    await other.query('UPDATE teams SET chief = chief');
    const restoring = restore(target(), saved);
    await sleep(2_000);
    await other.query('COMMIT');
    await restoring;
    expect(await save(target())).toEqual(saved);
  });
});
