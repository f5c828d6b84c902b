import { Readable } from 'node:stream';
import { BackupLog, CreateBackupLog1795392000000, RestoreService } from 'nestjs-backup';
import type { DataSourceOptions, MigrationInterface, QueryRunner } from 'typeorm';
import { describeSomeEngines, type Engine } from '../../fixtures/databases.js';
import { history, version } from '../../fixtures/versioned-host.js';
import { fillVersion1, MIGRATE, migration, type Place, V1, V2, versionsSuite } from './place.js';

const { place } = versionsSuite();

const SYNCHRONIZED = { ...version(1), migrations: [], synchronize: true };
const HISTORY = 'CreateBackupLog1795392000000';
const LAST = 'Last1700000000004';

/** Versions 1 and 2 in one migration. */
class Squashed1700000000009 implements MigrationInterface {
  name = 'Squashed1700000000009';
  async up(runner: QueryRunner): Promise<void> {
    for (const Step of history.slice(0, 2)) await new Step().up(runner);
  }
  async down(): Promise<void> {}
}

const withHistory = (options: Partial<DataSourceOptions>): Partial<DataSourceOptions> => ({
  ...options,
  entities: [...(options.entities as []), BackupLog],
  migrations: [...(options.migrations as []), CreateBackupLog1795392000000],
});

describeSomeEngines('A restore where migrations differ, and tables are equal', 1, (engine) => {
  const inMemory = engine.name === 'sql.js';
  const started = async (on: Engine, ...versions: Array<Partial<DataSourceOptions>>): Promise<Place> => {
    const made = await place(on);
    for (const options of versions) await made.start(options);
    return made;
  };
  /** What a database holds; columns that migrations made stand in another order than those of synchronize. */
  const contentOf = async (target: Place) => {
    const { lines, migrations } = await target.state();
    const rows = lines.map((line) => JSON.parse(line) as { model: string; pk: number; fields: object });
    const sorted = rows.map(({ model, pk, fields }) => [
      model,
      pk,
      Object.fromEntries(Object.entries(fields).toSorted()),
    ]);
    return { rows: sorted.map((row) => JSON.stringify(row)), migrations };
  };
  const filled = async (options: Partial<DataSourceOptions>, fill = fillVersion1) => {
    const source = await started(engine, options);
    await fill(source);
    return { archive: await source.archive(), rows: (await contentOf(source)).rows };
  };
  const fillVersion2 = async ({ app }: Place) => {
    await app.dataSource.manager.insert('shelf', [{ name: 'novels', books: 3 }]);
  };
  const expectNamed = async (target: Place, archive: Buffer, options = { replace: true }) => {
    const before = await target.state();
    for (const dryRun of [true, false]) {
      await expect(target.restore(archive, { ...options, dryRun })).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringMatching(/migration.*--ignore-migrations.*ignoreMigrations: true/is),
      });
    }
    expect(await target.state()).toEqual(before);
  };
  const ignoring = (target: Place, archive: Buffer) =>
    target.restore(archive, { replace: true, ignoreMigrations: true });

  it('takes the backups from before a move from synchronize to migrations, whose record stays', async () => {
    const { archive, rows } = await filled(SYNCHRONIZED);
    const target = await started(engine, { ...version(1), ...MIGRATE });
    await expectNamed(target, archive);
    const tried = await target.restore(archive, { ignoreMigrations: true, dryRun: true });
    expect(tried).toMatchObject({ dryRun: true, migrations: { reverted: [], run: [] } });
    expect((await contentOf(target)).rows).toEqual([]);
    const report = await ignoring(target, archive);
    expect(report.migrations).toEqual({ reverted: [], run: [] });
    expect(report.warnings).toContainEqual(expect.stringMatching(`were ignored: ${V1}$`));
    expect(await contentOf(target)).toEqual({ rows, migrations: [V1] });
    if (inMemory) return; // It is gone with its application.
    // Run again it would fail: its tables are there.
    await target.start({ ...version(1), ...MIGRATE });
    expect(await contentOf(target)).toEqual({ rows, migrations: [V1] });
    await target.app.dataSource.manager.insert('book', { title: 'next', shelfId: 1 });
  });

  it('takes the backups of migrations in a database that was synchronised', async () => {
    const { archive, rows } = await filled({ ...version(1), ...MIGRATE });
    for (const migrations of [[], version(1).migrations]) {
      const target = await started(engine, { ...SYNCHRONIZED, migrations });
      await expectNamed(target, archive);
      await ignoring(target, archive);
      expect(await contentOf(target)).toEqual({ rows, migrations: [] });
    }
  });

  it('takes the backups from before several migrations were made into one, which makes the tables where none are', async () => {
    const { archive, rows } = await filled({ ...version(2), ...MIGRATE }, fillVersion2);
    const squashed = { ...version(2), migrations: [Squashed1700000000009] };
    const target = await started(engine, { ...squashed, ...MIGRATE });
    await expectNamed(target, archive);
    expect((await ignoring(target, archive)).warnings.join()).toContain(`${V1}, ${V2}, Squashed1700000000009`);
    expect(await contentOf(target)).toEqual({ rows, migrations: ['Squashed1700000000009'] });

    const empty = await started(engine, squashed);
    const report = await empty.restore(archive, { ignoreMigrations: true });
    expect(report.migrations).toEqual({ reverted: [], run: ['Squashed1700000000009'] });
    expect(await contentOf(empty)).toEqual({ rows, migrations: ['Squashed1700000000009'] });
  });

  it('is offered where a migration cannot be reverted, or would be run on rows that cannot be put back', async () => {
    const { archive, rows } = await filled({ ...version(1), ...MIGRATE });
    const more = version(1, [migration({ down: undefined as never })]);
    const target = await started(engine, { ...more, ...MIGRATE });
    await expectNamed(target, archive);
    await ignoring(target, archive);
    expect(await contentOf(target)).toEqual({ rows, migrations: [V1, LAST] });

    const irreversible = async () => {
      throw new Error('Never back.');
    };
    const other = await started(engine, { ...version(1, [migration({ down: irreversible })]), ...MIGRATE });
    await expectNamed(other, archive);
    if (engine.family !== 'mysql') return;
    const pending = await started(engine, { ...version(1), ...MIGRATE }, more);
    await pending.restore(archive, { ignoreMigrations: true });
    await expectNamed(pending, archive);
    expect((await ignoring(pending, archive)).migrations).toEqual({ reverted: [], run: [] });
    expect(await contentOf(pending)).toEqual({ rows, migrations: [V1] });
  });

  it('is neither offered nor made where a column differs', async () => {
    const { archive } = await filled(SYNCHRONIZED);
    const target = await started(engine, { ...version(2), ...MIGRATE });
    const refused: Error = await target.restore(archive).then(fail, (error: Error) => error);
    expect(refused).toMatchObject({ code: 'RESTORE_REFUSED' });
    expect(refused.message).not.toContain('ignore');
    await expect(ignoring(target, archive)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringMatching(/Column "book\.length" is in the target and not in the archive/),
    });
  });

  it('is refused for its rows without a word of migrations', async () => {
    const { archive } = await filled({ ...version(1), ...MIGRATE });
    const target = await started(engine, { ...version(1), ...MIGRATE });
    await target.app.dataSource.manager.insert('shelf', { name: 'mine' });
    const refused: Error = await target.restore(archive).then(fail, (error: Error) => error);
    expect(refused.message).toMatch(/"shelf" holds rows.*--replace/);
    expect(refused.message).not.toContain('ignore');
  });

  it('tests a backup from before the move, too', async () => {
    const { archive } = await filled({ ...version(2), ...MIGRATE }, fillVersion2);
    const target = await started(engine, { ...version(2), migrations: [Squashed1700000000009], ...MIGRATE });
    const verify = (ignoreMigrations: boolean) =>
      target.app.get(RestoreService).verify(Readable.from([archive]), { restore: true, ignoreMigrations });
    await expect(verify(false)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    expect(await verify(true)).toMatchObject({ restoreTest: true });
  });
});

describeSomeEngines('The migration of the history', 1, (engine) => {
  const inMemory = engine.name === 'sql.js';
  const remember = async ({ app }: Place) => {
    const entry = { id: 'of before', kind: 'backup', state: 'success', via: 'code', started: new Date(0) } as const;
    await app.dataSource.getRepository(BackupLog).insert(entry);
  };
  const remembered = ({ app }: Place) => app.dataSource.getRepository(BackupLog).find();
  const migrationsOf = async (target: Place) => (await target.state()).migrations.toSorted();

  it.each([
    ['synchronises', SYNCHRONIZED, { synchronize: true, ...MIGRATE }, [HISTORY]],
    ['migrates', { ...version(1), ...MIGRATE }, MIGRATE, [HISTORY, V1]],
  ])('is no difference where the application %s, and its table stays', async (_, before, how, expected) => {
    const source = await place(engine);
    await source.start(before);
    await fillVersion1(source);
    const archive = await source.archive();
    const target = await place(engine);
    await target.start({ ...withHistory(before), ...how });
    await remember(target);
    const report = await target.restore(archive, { replace: true });
    expect(report.migrations).toEqual({ reverted: [], run: [] });
    expect(await migrationsOf(target)).toEqual(expected);
    expect(await remembered(target)).toMatchObject([{ id: 'of before' }]);
    expect((await target.state()).lines).toEqual((await source.state()).lines);

    // And the other way round: of an application that has it into one that has not.
    const newer = await target.archive();
    const older = await place(engine);
    await older.start(before);
    expect((await older.restore(newer)).migrations).toEqual({ reverted: [], run: [] });
    expect((await older.state()).lines).toEqual((await source.state()).lines);
  });

  it('is run after the rows where it has not been, over rows too', async () => {
    const source = await place(engine);
    await source.start({ ...version(1), ...MIGRATE });
    await fillVersion1(source);
    const archive = await source.archive();
    const target = await place(engine);
    if (!inMemory) {
      await target.start({ ...version(1), ...MIGRATE });
      await fillVersion1(target);
    }
    await target.start(withHistory(version(1)));
    const report = await target.restore(archive, { replace: true });
    expect(report.migrations.run.at(-1)).toBe(HISTORY);
    expect(await migrationsOf(target)).toEqual([HISTORY, V1]);
    expect(await remembered(target)).toEqual([]);
  });

  it('is no difference to a restore test, which compares what came back', async () => {
    for (const how of [
      { ...SYNCHRONIZED, ...MIGRATE },
      { ...version(1), ...MIGRATE },
    ]) {
      const target = await place(engine);
      await target.start({ ...withHistory(how), ...MIGRATE });
      await fillVersion1(target);
      const verify = target.app.get(RestoreService).verify(Readable.from([await target.archive()]), { restore: true });
      expect(await verify).toMatchObject({ restoreTest: true });
    }
  });
});

function fail(): never {
  throw new Error('It was restored.');
}
