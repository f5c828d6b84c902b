import type { QueryRunner } from 'typeorm';
import { describeEngine, describeSomeEngines } from '../../fixtures/databases.js';
import { version } from '../../fixtures/versioned-host.js';
import { MIGRATE, migration, V2, V3, versionsSuite } from './place.js';

const { place, versionOne } = versionsSuite();

describeSomeEngines('histories that do not lead to the application', 1, (engine) => {
  it.each([
    ['opts out of transactions', { transaction: false }],
    ['has no `down`', { down: undefined as never }],
    [
      'cannot be reverted',
      {
        down: async () => {
          throw new Error('never again');
        },
      },
    ],
    ['commits by itself', { down: (runner: QueryRunner) => runner.query('/* now */ COMMIT') }],
  ])('a newer migration that %s', async (_, steps) => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.start({ ...version(3, [migration(steps)]), ...MIGRATE, migrationsTransactionMode: 'each' });
    await target.app.dataSource.manager.insert('tag', { name: 'mine' });
    const before = await target.state();
    await expect(target.restore(archive, { replace: true })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: /Last1700000000004.*empty database/s,
    });
    expect(await target.state()).toEqual(before);
  });

  it('an archive of newer code', async () => {
    const source = await place(engine);
    await source.start({ ...version(3), ...MIGRATE });
    const archive = await source.archive();
    const target = await place(engine);
    await target.start({ ...version(1), ...MIGRATE });
    await expect(target.restore(archive)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: new RegExp(`${V2}.*unknown to this application.*${V3}`, 's'),
    });
  });

  it('a schema that no migration made', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.start({ ...version(3), synchronize: true });
    await expect(target.restore(archive)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: /has run no migration, but has the table/,
    });
  });
});

describeEngine('migrations that PostgreSQL cannot run in one transaction', 'postgres', (engine) => {
  it.each([
    ['use a new enum value', [`ALTER TYPE mood ADD VALUE 'new'`, `INSERT INTO tag SELECT 'new'::mood::text`]],
    ['build an index concurrently', ['CREATE INDEX CONCURRENTLY slow ON tag (name)']],
  ])('%s', async (_, statements) => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.database.query(`CREATE TYPE mood AS ENUM ('old')`);
    const up = async (runner: QueryRunner) => {
      for (const sql of statements) await runner.query(sql);
    };
    await target.start(version(3, [migration({ up })]));
    const before = await target.state();
    await expect(target.restore(archive)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: /Last1700000000004.*one transaction/s,
    });
    expect(await target.state()).toEqual(before);
  });
});
