import { describeEngine } from '../fixtures/databases.js';
import { Pair } from '../fixtures/pair.js';

const leftAlone = { unmappedTables: 'warn' } as const;

describeEngine('The sequences of tables that no entity maps', 'postgres', (engine) => {
  let pair: Pair;
  afterEach(() => pair.close());

  it('stay where they are when these tables are not restored', async () => {
    const schema = [
      'CREATE TABLE other (id serial PRIMARY KEY)',
      'CREATE SEQUENCE lettered',
      `CREATE TABLE worded (id text PRIMARY KEY DEFAULT 'x' || nextval('lettered'))`,
    ];
    pair = await Pair.open(engine, { schema, module: leftAlone });
    for (const table of ['other', 'worded']) {
      await pair.source.query(`INSERT INTO ${table} DEFAULT VALUES`);
      for (let row = 0; row < 3; row++) await pair.target.query(`INSERT INTO ${table} DEFAULT VALUES`);
    }
    await pair.carry();
    for (const table of ['other', 'worded']) await pair.target.query(`INSERT INTO ${table} DEFAULT VALUES`);
    expect(await pair.target.query('SELECT max(id)::int FROM other')).toEqual([{ max: 4 }]);
  });
});

describeEngine('The sequences of tables that no entity maps', 'mariadb', (engine) => {
  let pair: Pair;
  afterEach(() => pair.close());

  it('stay where they are when these tables are not restored', async () => {
    const schema = ['CREATE SEQUENCE s NOCACHE', 'CREATE TABLE other (id INT PRIMARY KEY DEFAULT NEXTVAL(s))'];
    pair = await Pair.open(engine, { schema, module: leftAlone });
    await pair.source.query('INSERT INTO other VALUES ()');
    for (let row = 0; row < 3; row++) await pair.target.query('INSERT INTO other VALUES ()');
    await pair.carry();
    await pair.target.query('INSERT INTO other VALUES ()');
    expect(await pair.target.query('SELECT MAX(id) AS id FROM other')).toEqual([{ id: 4 }]);
  });
});
