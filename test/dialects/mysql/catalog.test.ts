import { EntitySchema } from 'typeorm';
import { describeMysqlEngines, itOn } from '../../fixtures/databases.js';
import { letInto, nameOf } from '../../fixtures/mysql-users.js';
import { find, read } from '../support/lines.js';
import { mysqlSuite } from './harness.js';

describeMysqlEngines('mysql catalog', (engine) => {
  const { createDatabase, database, query, snapshot } = mysqlSuite(engine);

  it('quotes names with backticks, dots, quotes and spaces, and keeps the order of composite keys', async () => {
    await query('CREATE TABLE `we``ird."na me` (`a``.b` INT, `c "d"` INT, `e` INT, PRIMARY KEY (`c "d"`, `a``.b`))');
    await query('INSERT INTO `we``ird."na me` VALUES (1, 2, 3)');
    const opened = await snapshot();
    const table = find(opened, 'we`ird."na me');
    expect(table.primaryKey).toEqual(['c "d"', 'a`.b']);
    expect(await read(opened, table.name)).toEqual([{ model: table.name, pk: [2, 1], fields: { e: 3 } }]);
    expect(await opened.select(table, ['e', 'a`.b'], 'c "d"')).toEqual([['3', '1']]);
  });

  it('includes invisible columns, and flags those that the server computes', async () => {
    await query(`CREATE TABLE g (id INT PRIMARY KEY, a INT DEFAULT 7 INVISIBLE, b INT AS (id + 1) VIRTUAL,
        c INT AS (id + 2) STORED)`);
    await query('INSERT INTO g (id) VALUES (1)');
    const opened = await snapshot();
    const { columns, caveats, primaryKey } = find(opened, 'g');
    const generated = columns.filter((column) => column.generated).map(({ name }) => name);
    expect([generated, primaryKey, caveats]).toEqual([['b', 'c'], ['id'], []]);
    expect(await read(opened, 'g')).toEqual([{ model: 'g', pk: 1, fields: { a: 7 } }]);
  });

  itOn(
    'mariadb',
    engine,
    'system versioning',
  )('names a table with a history, and leaves its periods out', async () => {
    await query(`CREATE TABLE g (id INT PRIMARY KEY, a INT DEFAULT 7, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, e TIMESTAMP(6) GENERATED ALWAYS AS ROW END,
        PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING`);
    await query('INSERT INTO g (id) VALUES (1)');
    const opened = await snapshot();
    const { columns, caveats, primaryKey } = find(opened, 'g');
    const generated = columns.filter((column) => column.generated).map(({ name }) => name);
    expect([generated, primaryKey]).toEqual([['s', 'e'], ['id']]);
    expect(caveats).toEqual([expect.stringContaining('history')]);
    expect(await read(opened, 'g')).toEqual([{ model: 'g', pk: 1, fields: { a: 7 } }]);
  });

  it('lists foreign keys, tables without key, and no views', async () => {
    await query('CREATE TABLE parent (a INT, b INT, PRIMARY KEY (a, b))');
    await query('CREATE TABLE child (a INT, b INT, CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES parent (a, b))');
    await query('CREATE VIEW seen AS SELECT * FROM parent');
    await query('INSERT INTO child VALUES (NULL, 5)');
    const opened = await snapshot();
    expect(opened.tables.map(({ name }) => name)).toEqual(['child', 'parent']);
    const [from, to] = ['child', 'parent'].map((name) => ({ schema: null, name }));
    expect(opened.foreignKeys).toEqual([{ name: 'fk', from, to }]);
    expect(await read(opened, 'child')).toEqual([{ model: 'child', pk: null, fields: { a: null, b: 5 } }]);
  });

  it('covers other databases that an entity maps, and finds their tables by its location', async () => {
    const other = await createDatabase();
    const name = nameOf(other);
    await letInto(other, database());
    await other.query('CREATE TABLE elsewhere (id INT PRIMARY KEY AUTO_INCREMENT)');
    await other.query('INSERT INTO elsewhere VALUES (8)');
    const columns = { id: { type: Number, primary: true } };
    const entity = new EntitySchema({ name: 'Elsewhere', tableName: 'elsewhere', database: name, columns });
    const opened = await snapshot({ dataSource: { entities: [entity] } });
    expect(opened.tables.map(({ schema }) => schema)).toEqual([name]);
    const model = `${name}.elsewhere`;
    expect(await read(opened, model)).toEqual([{ model, pk: 8, fields: {} }]);
    expect(await opened.sequences(opened.tables)).toEqual([{ name: model, value: '9' }]);
  });

  it('names tables of engines without snapshots', async () => {
    await query('CREATE TABLE isam (id INT) ENGINE MyISAM');
    await query('CREATE TABLE inno (id INT)');
    const { tables } = await snapshot();
    expect(tables.map(({ caveats }) => caveats)).toEqual([[], [expect.stringMatching(/"isam".*MyISAM/)]]);
  });

  it('reads counters above deleted rows', async () => {
    await query('CREATE TABLE n (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY)');
    await query('INSERT INTO n VALUES (18446744073709551000)');
    await query('DELETE FROM n');
    const opened = await snapshot();
    expect(await opened.sequences(opened.tables)).toEqual([{ name: 'n', value: '18446744073709551001' }]);
    expect(opened.server).toEqual({ type: engine.name, version: expect.stringMatching(/^\d+\.\d+/) });
  });

  itOn(
    'mariadb',
    engine,
    'sequences',
  )('reads what sequence objects hand out next', async () => {
    await query('CREATE SEQUENCE s START WITH 5 INCREMENT BY 3 CACHE 10');
    await query('SELECT NEXTVAL(s)');
    const opened = await snapshot();
    expect(await opened.sequences(opened.tables)).toEqual([{ name: 's', value: '35' }]);
  });
});
