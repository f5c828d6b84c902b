import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import { describeEngine, engine } from '../../fixtures/databases.js';
import { everyday } from '../../fixtures/everyday.js';
import { Place } from './place.js';
import { UNFIT } from './unfit.cases.js';

const box = (value: EntitySchemaColumnOptions, name = 'value') =>
  new EntitySchema({
    name: 'Box',
    columns: { id: { type: 'integer', primary: true }, [name]: value },
  });

describe('what does not fit into another engine', () => {
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

  const available = UNFIT.filter(({ from, to }) => engine(from).available && engine(to).available);

  it.each(everyday(available, 8))('$title', async ({ from, to, source, target, value, reason }) => {
    const here = await open(engine(from), [box(source)]);
    const there = await open(engine(to), [box(target)]);
    if (from === 'mariadb') await here.database.query(`SET sql_mode = ''`);
    const column = from === 'mariadb' ? '`value`' : '"value"';
    await here.database.query(`INSERT INTO box (id, ${column}) VALUES (7, ${value})`);
    if (target.nullable) await there.database.query('INSERT INTO box (id) VALUES (1)');
    const before = await there.content();
    const archive = await here.archive();
    const refused = await there.restore(archive, { replace: true }).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringMatching(/Table "box", column "value": values that .*: 1 \(id 7\)\. Fix/),
    });
    expect((refused as Error).message).toMatch(reason);
    const { translation } = await there.restore(archive, { replace: true, dryRun: true });
    expect(translation!.problems).toEqual([
      { table: 'box', column: 'value', reason: expect.stringMatching(reason), count: 1, rows: ['id 7'] },
    ]);
    expect(await there.content()).toEqual(before);
  });

  describeEngine('into', 'postgres', (postgres) => {
    it('names a column whose name is too long for the target', async () => {
      const name = `a${'b'.repeat(69)}`;
      const here = await open(engine('better-sqlite3'), [box({ type: 'text', nullable: true }, name)]);
      const there = await open(postgres, [box({ type: 'text', nullable: true }, name)]);
      await expect(there.restore(await here.archive())).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringContaining(`column "${name}": its name is too long for the target`),
      });
    });

    it('names the first ten rows by key, and how many there are', async () => {
      const here = await open(postgres, [box({ type: 'float8' })]);
      const there = await open(engine('better-sqlite3'), [box({ type: 'double' })]);
      // The archive has them in the order in which they were inserted.
      for (let id = 25; id > 0; id--) await here.database.query(`INSERT INTO box VALUES (${id * 100}, 'NaN')`);
      const { translation } = await there.restore(await here.archive(), { dryRun: true });
      const rows = Array.from({ length: 10 }, (_, at) => `id ${at + 1}00`);
      expect(translation!.problems).toMatchObject([{ count: 25, rows }]);
    });

    it('names tables and columns without a counterpart', async () => {
      const other = new EntitySchema({ name: 'Other', columns: { id: { type: 'integer', primary: true } } });
      const here = await open(engine('better-sqlite3'), [box({ type: 'text' }, 'old')]);
      const there = await open(postgres, [box({ type: 'text' }, 'new'), other]);
      await here.database.query('CREATE TABLE extra (id integer PRIMARY KEY)');
      const { translation } = await there.restore(await here.archive(), { dryRun: true });
      expect(translation!.problems.map(({ table, column, reason }) => `${table}.${column}: ${reason}`)).toEqual([
        'box.old: it is in the archive but not in the target',
        'box.new: it is in the target but not in the archive, and does not allow NULL',
        'extra.undefined: it is in the archive but not in the target',
        'other.undefined: it is in the target but not in the archive',
      ]);
    });

    it('refuses an archive of another engine without translate, and says how it goes', async () => {
      const here = await open(engine('better-sqlite3'), [box({ type: 'text' })]);
      const there = await open(postgres, [box({ type: 'text' })]);
      await expect(there.restore(await here.archive(), { translate: false })).rejects.toMatchObject({
        code: 'RESTORE_REFUSED',
        message: expect.stringMatching(/from better-sqlite3, the target is postgres.*--translate/),
      });
    });
  });
});
