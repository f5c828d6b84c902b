import { EntitySchema } from 'typeorm';
import { describeEachEngine } from '../fixtures/databases.js';
import { Pair } from '../fixtures/pair.js';

const Known = new EntitySchema({
  name: 'Known',
  tableName: 'known',
  synchronize: false,
  columns: { id: { type: Number, primary: true }, name: { type: String } },
});

/** What migrations by hand, or another application, made of the database that the entities describe. */
const SCHEMA = [
  `CREATE TABLE known (id int PRIMARY KEY, name varchar(20), late varchar(20), computed int GENERATED ALWAYS AS (id + 1) STORED)`,
  'CREATE TABLE stranger (id int PRIMARY KEY, known int, FOREIGN KEY (known) REFERENCES known (id))',
  'CREATE TABLE keyless (note varchar(20))',
  'CREATE VIEW seen AS SELECT * FROM known',
];
const ROWS = [
  `INSERT INTO known (id, name, late) VALUES (1, 'one', 'kept'), (2, 'two', NULL)`,
  'INSERT INTO stranger VALUES (7, 2)',
  `INSERT INTO keyless VALUES ('a'), ('a'), (NULL)`,
];

describeEachEngine('a database that has grown beyond its entities', (engine) => {
  let pair: Pair;

  const open = async (unmappedTables: 'warn' | 'include') => {
    pair = await Pair.open(engine, { schema: SCHEMA, dataSource: { entities: [Known] }, module: { unmappedTables } });
    for (const statement of ROWS) await pair.source.query(statement);
  };
  afterEach(() => pair?.close());

  it('is saved with all columns of its mapped tables; each other table is named', async () => {
    await open('warn');
    const { tables, warnings } = await pair.carry();
    expect(tables.map(({ name, rows }) => [name, rows])).toEqual([['known', 2]]);
    expect(tables[0]!.columns.map(({ name }) => name).toSorted()).toEqual(['id', 'late', 'name']);
    for (const name of ['stranger', 'keyless']) {
      expect(warnings).toContainEqual(
        expect.stringMatching(new RegExp(`"${name}" is mapped by no entity and not saved`)),
      );
    }
    const { source, target } = await pair.contents();
    const table = (which: typeof source, name: string) => which.tables[name] ?? which.tables[`public.${name}`];
    expect(table(target, 'known')).toEqual(table(source, 'known'));
    expect([table(target, 'stranger')!.rows, table(target, 'keyless')!.rows]).toEqual(['0', '0']);
  });

  it("is saved whole with unmappedTables: 'include'", async () => {
    await open('include');
    const { tables, warnings } = await pair.carry();
    expect(tables.map(({ name }) => name).toSorted()).toEqual(['keyless', 'known', 'stranger']);
    expect(warnings).toEqual([]);
    await pair.expectEqual();
  });

  it('does not lose rows of tables that are not saved: they keep a restore from replacing what they refer to', async () => {
    await open('warn');
    await pair.target.query(`INSERT INTO known (id, name) VALUES (9, 'nine')`);
    await pair.target.query('INSERT INTO stranger VALUES (1, 9)');
    await expect(pair.carry()).rejects.toMatchObject({ message: expect.stringContaining('stranger') });
    expect(await pair.target.query('SELECT id FROM known')).toEqual([{ id: 9 }]);
  });
});
