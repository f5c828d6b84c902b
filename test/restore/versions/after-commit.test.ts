import type { QueryRunner } from 'typeorm';
import { readBackup } from '../../fixtures/backup.js';
import { describeMysqlEngines } from '../../fixtures/databases.js';
import { version } from '../../fixtures/versioned-host.js';
import { MIGRATE, migration, V1, V2, V3, versionsSuite } from './place.js';

const { place, versionOne } = versionsSuite();

describeMysqlEngines('migrations after the commit', (engine) => {
  it('that fail leave the backup whole, at its own version', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.start({ ...version(1), ...MIGRATE });
    const up = async (runner: QueryRunner) => runner.query('SELECT * FROM nowhere');
    await target.start(version(3, [migration({ up })]));
    await expect(target.restore(archive)).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: /Last1700000000004/,
    });
    const state = await target.state();
    expect(state).toMatchObject({ migrations: [V1, V2, V3], files: ['cover.png'] });
    expect((await readBackup(await target.archive())).of('book')).toHaveLength(3);
  });

  it('are refused while rows are there', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.start({ ...version(1), ...MIGRATE });
    await target.app.dataSource.manager.insert('shelf', { name: 'mine' });
    await target.start(version(3));
    const before = await target.state();
    await expect(target.restore(archive, { replace: true })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: /"shelf" holds rows.*empty database/s,
    });
    expect(await target.state()).toEqual(before);
  });
});
