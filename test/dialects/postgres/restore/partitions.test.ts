import { describeEngine } from '../../../fixtures/databases.js';
import { Pair } from '../../../fixtures/pair.js';

const LOGGING = `CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO public.audit VALUES (TG_TABLE_NAME); NEW.text := 'meddled'; RETURN NEW; END $$`;
const TRIGGERS = `SELECT tgrelid::regclass::text AS "table", tgname AS name, tgenabled AS state FROM pg_trigger
  WHERE NOT tgisinternal ORDER BY 1, 2`;
const KEY_TRIGGERS = `SELECT tgrelid::regclass::text AS "table", p.proname AS name, tgenabled AS state FROM pg_trigger t
  JOIN pg_proc p ON p.oid = t.tgfoid WHERE tgisinternal ORDER BY 1, 2`;

describeEngine('Partitions in a restore', 'postgres', (engine) => {
  let pair: Pair;
  afterEach(() => pair.close());

  const twoLevels = [
    'CREATE TABLE audit (what text)',
    'CREATE TABLE event (id int, day int, text text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)',
    'CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (0) TO (10)',
    'CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM (10) TO (20) PARTITION BY LIST (id)',
    'CREATE TABLE event_2a PARTITION OF event_2 DEFAULT',
    LOGGING,
  ];

  it('fires no trigger of a partition, and each keeps its state on each partition', async () => {
    const schema = [
      ...twoLevels,
      'CREATE TRIGGER own BEFORE INSERT ON event_1 FOR EACH ROW EXECUTE FUNCTION meddle()',
      'CREATE TRIGGER own BEFORE INSERT ON event_2a FOR EACH ROW EXECUTE FUNCTION meddle()',
      'CREATE TRIGGER everywhere AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION meddle()',
      'ALTER TABLE event_1 DISABLE TRIGGER everywhere',
      'ALTER TABLE event_2 ENABLE ALWAYS TRIGGER everywhere',
      'ALTER TABLE event_2a ENABLE REPLICA TRIGGER everywhere',
      'ALTER TABLE event_2a ENABLE ALWAYS TRIGGER own',
    ];
    pair = await Pair.open(engine, { schema });
    await pair.source.query(
      `ALTER TABLE event DISABLE TRIGGER ALL; ALTER TABLE event_1 DISABLE TRIGGER ALL; ALTER TABLE event_2a DISABLE TRIGGER ALL;
       INSERT INTO event VALUES (1, 1, 'one'), (2, 11, 'two')`,
    );
    const before = await pair.target.query(TRIGGERS);
    await pair.carry();
    expect(await pair.target.query('SELECT * FROM event ORDER BY id')).toEqual([
      { id: 1, day: 1, text: 'one' },
      { id: 2, day: 11, text: 'two' },
    ]);
    expect(await pair.target.query('SELECT * FROM audit')).toEqual([]);
    expect(await pair.target.query(TRIGGERS)).toEqual(before);
    expect(before.map(({ state }) => state).toSorted()).toEqual(['A', 'A', 'D', 'O', 'O', 'R']);
  });

  it('takes a foreign key of a partition, or to one, for one of the whole table', async () => {
    const schema = [
      ...twoLevels,
      'CREATE TABLE note (event int, day int, FOREIGN KEY (event, day) REFERENCES event_1)',
      'ALTER TABLE event_2a ADD CONSTRAINT "only here" FOREIGN KEY (id, day) REFERENCES event_2a',
    ];
    pair = await Pair.open(engine, { schema });
    for (const { query } of [pair.source, pair.target]) {
      await query(`INSERT INTO event VALUES (1, 1, 'one'), (2, 11, 'two')`);
      await query('INSERT INTO note VALUES (1, 1)');
    }
    const { warnings } = await pair.carryAndReport();
    expect(warnings).toEqual([]);
    await pair.expectEqual();
  });

  it('leaves foreign keys switched off whose triggers are, and the rows that violate them', async () => {
    const schema = [
      'CREATE TABLE parent (id int PRIMARY KEY)',
      'CREATE TABLE child (parent int REFERENCES parent)',
      'CREATE TABLE half (parent int REFERENCES parent)',
      ...twoLevels,
      'ALTER TABLE event ADD FOREIGN KEY (id) REFERENCES parent',
      'ALTER TABLE child DISABLE TRIGGER ALL',
      'ALTER TABLE event_1 DISABLE TRIGGER ALL',
      'ALTER TABLE event DISABLE TRIGGER ALL',
      'CREATE TABLE parts (id int PRIMARY KEY, up int REFERENCES parts)',
      'ALTER TABLE parts DISABLE TRIGGER ALL',
    ];
    pair = await Pair.open(engine, { schema });
    await pair.source.query('INSERT INTO child VALUES (404)');
    await pair.source.query('INSERT INTO parts VALUES (1, 404)');
    const before = await pair.target.query(KEY_TRIGGERS);
    expect(new Set(before.map(({ state }) => state))).toEqual(new Set(['O', 'D']));
    const { warnings } = await pair.carryAndReport();
    expect(warnings).toEqual([]);
    expect(await pair.target.query(KEY_TRIGGERS)).toEqual(before);
    await pair.expectEqual();
  });

  it('loads past rules, and keeps them', async () => {
    const schema = [
      'CREATE TABLE other (id int)',
      'CREATE TABLE ruled (id int)',
      'CREATE RULE elsewhere AS ON INSERT TO ruled DO INSTEAD INSERT INTO other VALUES (NEW.id)',
      'CREATE RULE never AS ON DELETE TO ruled DO INSTEAD NOTHING',
    ];
    pair = await Pair.open(engine, { schema });
    await pair.source.query('COPY ruled FROM PROGRAM $$printf "1\\n2\\n"$$');
    await pair.carry();
    await pair.carry();
    expect(await pair.target.query('SELECT id FROM ruled ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
    expect(await pair.target.query('SELECT id FROM other')).toEqual([]);
    await pair.target.query('INSERT INTO ruled VALUES (3)');
    expect(await pair.target.query('SELECT id FROM other')).toEqual([{ id: 3 }]);
  });
});

describeEngine('Partitions of another server', 'postgres', (engine) => {
  it('neither saves nor empties them, and keeps to the partitions that are ours', async () => {
    const remote = await engine.create();
    await remote.query('CREATE TABLE far (id int, day int, twice int)');
    await remote.query('CREATE TABLE far_child (id int)');
    await remote.query('INSERT INTO far VALUES (9, 25, 18)');
    await remote.query('INSERT INTO far_child VALUES (8)');
    const url = new URL((remote.options as { url: string }).url);
    const schema = [
      'CREATE EXTENSION postgres_fdw',
      `CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw
        OPTIONS (host '${url.hostname}', port '${url.port}', dbname '${url.pathname.slice(1)}')`,
      `CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user '${url.username}', password '${url.password}')`,
      'CREATE TABLE log (id serial, day int, twice int GENERATED ALWAYS AS (id * 2) STORED) PARTITION BY RANGE (day)',
      'CREATE TABLE log_near PARTITION OF log FOR VALUES FROM (0) TO (20)',
      `CREATE FOREIGN TABLE log_far PARTITION OF log FOR VALUES FROM (20) TO (30) SERVER far OPTIONS (table_name 'far')`,
      'CREATE TABLE parent (id int)',
      `CREATE FOREIGN TABLE child () INHERITS (parent) SERVER far OPTIONS (table_name 'far_child')`,
    ];
    const pair = await Pair.open(engine, { schema });
    try {
      await pair.source.query('INSERT INTO log (day) VALUES (1), (2)');
      await pair.source.query('INSERT INTO parent VALUES (1)');
      await pair.target.query('INSERT INTO log (day) VALUES (3)');
      const { manifest, warnings } = await pair.carryAndReport();
      expect(manifest.tables.map(({ name, rows }) => [name, rows])).toEqual([
        ['log', 2],
        ['parent', 1],
      ]);
      expect(warnings.toSorted()).toEqual([
        'Foreign table "public.child" lives in another server and is not saved.',
        'Foreign table "public.log_far" lives in another server and is not saved.',
      ]);
      expect(await pair.target.query('SELECT id, day, twice FROM log ORDER BY id')).toEqual([
        { id: 1, day: 1, twice: 2 },
        { id: 2, day: 2, twice: 4 },
        { id: 9, day: 25, twice: 18 },
      ]);
      expect(await remote.query('SELECT id FROM far UNION ALL SELECT id FROM far_child')).toHaveLength(2);
      // A row that the target would send to the other server is no row that is restored.
      await pair.source.query('ALTER TABLE log DETACH PARTITION log_far');
      await pair.source.query('CREATE TABLE log_here PARTITION OF log FOR VALUES FROM (20) TO (30)');
      await pair.source.query('INSERT INTO log (day) VALUES (22)');
      await expect(pair.carry()).rejects.toMatchObject({ code: 'RESTORE_FAILED' });
      expect(await remote.query('SELECT id FROM far')).toEqual([{ id: 9 }]);
    } finally {
      await pair.close();
      await remote.drop();
    }
  });
});
