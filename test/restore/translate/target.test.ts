import { EntitySchema, type MigrationInterface, type QueryRunner } from 'typeorm';
import { describeEngine, engine } from '../../fixtures/databases.js';
import { fillZoo, Tag, zooEntities } from '../../fixtures/zoo.entities.js';
import { Place } from './place.js';

class MadeForSqlite1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE tag (name varchar(50) PRIMARY KEY)');
  }
  async down(): Promise<void> {}
}

class MadeForPostgres1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE IF NOT EXISTS tag (name character varying(50) PRIMARY KEY)');
  }
  async down(): Promise<void> {}
}

describeEngine('the target of a translation', 'postgres', (postgres) => {
  const sqlite = engine('better-sqlite3');
  let places: Place[];
  const open = async (...given: Parameters<typeof Place.open>) => {
    const place = await Place.open(...given);
    places.push(place);
    return place;
  };
  beforeEach(() => {
    places = [];
  });
  afterEach(async () => {
    for (const place of places) await place.close();
  });

  it('has a schema of its own, made by its own migrations', async () => {
    const made = { synchronize: false, migrationsRun: true };
    const here = await open(sqlite, [Tag], { ...made, migrations: [MadeForSqlite1700000000000] });
    const there = await open(postgres, [Tag], { ...made, migrations: [MadeForPostgres1700000000001] });
    await here.app.dataSource.manager.insert(Tag, { name: 'one' });
    const { migrations } = await there.restore(await here.archive());
    expect(migrations).toEqual({ reverted: [], run: [] });
    expect(await there.app.dataSource.manager.find(Tag)).toEqual([{ name: 'one' }]);
  });

  it('is refused while a migration has not been run', async () => {
    const here = await open(sqlite, [Tag]);
    const there = await open(postgres, [Tag], { migrations: [MadeForPostgres1700000000001] });
    await expect(there.restore(await here.archive())).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringMatching(/"MadeForPostgres1700000000001" has not been run/),
    });
  });

  it('is refused when it holds rows, unless they may be replaced', async () => {
    const [here, there] = [await open(sqlite, [Tag]), await open(postgres, [Tag])];
    await there.app.dataSource.manager.insert(Tag, { name: 'mine' });
    const archive = await here.archive();
    await expect(there.restore(archive)).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: /"tag" holds rows/,
    });
    await there.restore(archive, { replace: true });
    expect(await there.app.dataSource.manager.count(Tag)).toBe(0);
  });

  it('may call its schema otherwise, and keep counters of its own', async () => {
    const box = (schema?: string) =>
      new EntitySchema({ name: 'Box', schema, columns: { id: { type: 'integer', primary: true, generated: true } } });
    const here = await open(sqlite, [box()]);
    const there = await open(postgres, [box('shop')], { synchronize: false });
    await there.database.query('CREATE SCHEMA shop');
    await there.app.dataSource.synchronize();
    await there.database.query('ALTER SEQUENCE shop.box_id_seq RESTART 50');
    const { translation } = await there.restore(await here.archive());
    expect(translation!.tables).toMatchObject([{ name: 'box', into: 'shop.box' }]);
    const [{ id }] = (await there.database.query('INSERT INTO shop.box DEFAULT VALUES RETURNING id')) as [
      { id: number },
    ];
    expect(id).toBe(1);
    await there.database.query('CREATE SEQUENCE shop.lonely');
    const back = await open(sqlite, [box()]);
    const report = await back.restore(await there.archive());
    expect(report.translation!.leftOut).toEqual(['shop.lonely']);
    expect(await back.app.dataSource.getRepository('Box').find()).toEqual([{ id: 1 }]);
  });

  it('takes an archive of its own kind as ever', async () => {
    const [here, there] = [await open(postgres, zooEntities), await open(postgres, zooEntities)];
    await fillZoo(here.app.dataSource);
    const { translation } = await there.restore(await here.archive());
    expect(translation).toBeUndefined();
    expect(await there.state()).toEqual(await here.state());
  });

  it('takes one of another driver of SQLite as it is', async () => {
    const [here, there] = [await open(sqlite, zooEntities), await open(engine('sql.js'), zooEntities)];
    await fillZoo(here.app.dataSource);
    const { translation } = await there.restore(await here.archive());
    expect(translation).toBeUndefined();
    expect(await there.state()).toEqual(await here.state());
  });

  it('is as it was when a foreign key fails in the end', async () => {
    const parent = new EntitySchema({ name: 'Parent', columns: { id: { type: 'integer', primary: true } } });
    const child = new EntitySchema<{ id: number; parent: unknown }>({
      name: 'Child',
      columns: { id: { type: 'integer', primary: true } },
      relations: { parent: { type: 'many-to-one', target: 'Parent' } },
    });
    const [here, there] = [await open(sqlite, [parent, child]), await open(postgres, [parent, child])];
    const runner = here.app.dataSource.createQueryRunner();
    await runner.query('PRAGMA foreign_keys = OFF');
    await runner.query('INSERT INTO child VALUES (1, 99)');
    await runner.query('PRAGMA foreign_keys = ON');
    await runner.release();
    await there.database.query('INSERT INTO parent VALUES (5)');
    const before = await there.content();
    await expect(there.restore(await here.archive(), { replace: true })).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: /child/,
    });
    expect(await there.content()).toEqual(before);
  });
});
