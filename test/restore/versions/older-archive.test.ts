import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupError } from 'nestjs-backup';
import { describeSomeEngines } from '../../fixtures/databases.js';
import { version } from '../../fixtures/versioned-host.js';
import { MIGRATE, migration, type State, V1, V2, V3, versionsSuite } from './place.js';

const { place, versionOne } = versionsSuite();

describeSomeEngines('a backup of version 1 in an application of version 3', 1, (engine) => {
  const inMemory = engine.name === 'sql.js';
  const transactional = engine.family !== 'mysql';
  const expected = (target: State, migrated: State) =>
    inMemory ? expect(target.migrations).toEqual([V1, V2, V3]) : expect(target).toEqual(migrated);

  it('is restored into an empty database, and migrated like the original', async () => {
    const { archive, migrated } = await versionOne(engine);
    const target = await place(engine);
    await target.start(version(3));
    const report = await target.restore(archive);
    expect(report.migrations).toEqual({ reverted: [], run: [V1, V2, V3] });
    expected(await target.state(), migrated);
    const { manager } = target.app.dataSource;
    expect(await manager.findOneBy('book', { heading: 'Kozenn' })).toMatchObject({ length: 6, shelfId: 2 });
    expect(await manager.findOneBy('shelf', { name: 'novels' })).toMatchObject({ books: 2 });
    await manager.insert('book', { heading: 'next', shelfId: 1 });
  });

  it('is restored into an empty database of version 1', async () => {
    const { archive, migrated } = await versionOne(engine);
    const target = await place(engine);
    if (inMemory) return; // A version cannot follow another there.
    await target.start({ ...version(1), ...MIGRATE });
    await target.start(version(3));
    const report = await target.restore(archive);
    expect(report.migrations).toEqual({ reverted: [], run: [V2, V3] });
    expected(await target.state(), migrated);
  });

  it(transactional ? 'replaces a database of version 3' : 'is refused by a database of version 3', async () => {
    const { archive, migrated } = await versionOne(engine);
    const target = await place(engine);
    await target.start({ ...version(3), ...MIGRATE });
    await target.app.dataSource.manager.insert('shelf', { name: 'of version 3', books: 7 });
    writeFileSync(join(target.files, 'of version 3'), '');
    const before = await target.state();
    await expect(target.restore(archive)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    expect(await target.state()).toEqual(before);
    const replacing = target.restore(archive, { replace: true });
    if (transactional) {
      expect((await replacing).migrations).toEqual({ reverted: [V3, V2], run: [V2, V3] });
      expected(await target.state(), migrated);
    } else {
      await expect(replacing).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: new RegExp(`${V3}.*reverted.*empty database`, 's'),
      });
      expect(await target.state()).toEqual(before);
    }
  });

  it('of version 3 replaces the rows that migrations have written meanwhile', async () => {
    const source = await place(engine);
    await source.start({ ...version(3), ...MIGRATE });
    await source.app.dataSource.manager.insert('tag', { name: 'mine' });
    const archive = await source.archive();
    const target = await place(engine);
    await target.start(version(3));
    await target.restore(archive);
    expect(await target.state()).toEqual(await source.state());
  });

  it('is only tried by a dry run', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    await target.start(version(3));
    const before = await target.state();
    const report = await target.restore(archive, { dryRun: true });
    expect(report.migrations.run).toEqual([V1, V2, V3]);
    expect(await target.state()).toEqual(before);
  });

  it('changes nothing when a migration fails on its rows, and quotes none', async () => {
    const { archive } = await versionOne(engine);
    const target = await place(engine);
    const failing = migration({
      up: async (runner) => {
        await runner.manager.insert('tag', { name: 'Effi Briest' });
        await runner.manager.insert('tag', { name: 'Effi Briest' });
      },
    });
    await target.start(version(3, [failing]));
    const before = await target.state();
    const error = await target.restore(archive).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'RESTORE_FAILED', message: /Last1700000000004/ });
    expect((error as BackupError).message).not.toContain('Effi');
    expect(await target.state()).toEqual(before);
  });
});
