import { describeEngine, type Engine, type TestDatabase } from '../../../fixtures/databases.js';
import { Pair } from '../../../fixtures/pair.js';

const CONSTRAINTS = `
  SELECT conrelid::regclass::text AS "table", contypid::regtype::text AS domain, conname AS name,
    pg_get_constraintdef(oid) AS definition, convalidated, conislocal, coninhcount, connoinherit, condeferrable,
    condeferred, to_jsonb(c)->>'conenforced' AS enforced, obj_description(oid, 'pg_constraint') AS comment
  FROM pg_constraint c WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text !~ 'nestjs'
  ORDER BY 1, 2, 3`;

async function versionOf({ create }: Engine): Promise<number> {
  const database = await create();
  const [row] = await database.query(`SELECT current_setting('server_version_num')::int AS version`);
  await database.drop();
  return row!.version;
}

describeEngine('Constraints that rows of the source violate', 'postgres', (engine) => {
  let pair: Pair | undefined;
  afterEach(async () => {
    await pair?.close();
    pair = undefined;
  });

  /** Opens a pair, writes, adds what was never validated, and restores twice. */
  const carry = async (schema: string[], rows: string[], later: string[]) => {
    pair = await Pair.open(engine, { schema });
    for (const sql of rows) await pair.source.query(sql);
    for (const sql of later) await pair.both(sql);
    const before = await pair.target.query(CONSTRAINTS);
    await pair.carry();
    const { warnings } = await pair.carryAndReport();
    expect(await pair.target.query(CONSTRAINTS)).toEqual(before);
    await pair.expectEqual();
    return { before, warnings };
  };
  const names = (found: Array<Record<string, unknown>>, which: string) =>
    found.filter((row) => row[which] === false).map(({ name }) => name);

  it('brings such rows back, and every constraint stands as it stood', async () => {
    const { before, warnings } = await carry(
      [
        'CREATE DOMAIN percent AS int',
        'CREATE TYPE pair_of AS (one percent, other text)',
        'CREATE TABLE parent (id int PRIMARY KEY)',
        'CREATE TABLE t (id int PRIMARY KEY, age int, share percent, shares percent[], duo pair_of, parent int)',
      ],
      [`INSERT INTO t VALUES (1, -1, 400, '{1,500}', '(600,x)', 404), (2, 2, 2, '{}', NULL, NULL)`],
      [
        'ALTER TABLE t ADD CONSTRAINT "grown up" CHECK (age > 0) NOT VALID',
        'ALTER TABLE t ADD CONSTRAINT "only here" CHECK (age > 0) NO INHERIT NOT VALID',
        `COMMENT ON CONSTRAINT "grown up" ON t IS 'it''s \\ so'`,
        'ALTER DOMAIN percent ADD CONSTRAINT "at most" CHECK (VALUE <= 100) NOT VALID',
        `COMMENT ON CONSTRAINT "at most" ON DOMAIN percent IS 'not more'`,
        'ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (parent) REFERENCES parent DEFERRABLE INITIALLY DEFERRED NOT VALID',
        'ALTER TABLE t ADD CONSTRAINT valid CHECK (id < 10)',
      ],
    );
    expect(warnings).toEqual([]);
    expect(names(before, 'convalidated').toSorted()).toEqual(['at most', 'fk', 'grown up', 'only here']);
    await expect(pair!.target.query('INSERT INTO t (id, age) VALUES (3, -3)')).rejects.toMatchObject({ code: '23514' });
  });

  it('brings them back where constraints are inherited, each table with its own', async () => {
    const { before } = await carry(
      [
        'CREATE TABLE p (id int, day int) PARTITION BY RANGE (day)',
        'CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)',
        'CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20) PARTITION BY LIST (day)',
        'CREATE TABLE p2a PARTITION OF p2 DEFAULT',
        'CREATE TABLE parent (id int)',
        'CREATE TABLE child () INHERITS (parent)',
      ],
      ['INSERT INTO p VALUES (1, 1), (-2, 12)', 'INSERT INTO parent VALUES (-1)', 'INSERT INTO child VALUES (-2)'],
      [
        'ALTER TABLE p2a ADD CONSTRAINT positive CHECK (id > 0) NOT VALID',
        'ALTER TABLE p ADD CONSTRAINT positive CHECK (id > 0) NOT VALID',
        'ALTER TABLE p1 VALIDATE CONSTRAINT positive',
        'ALTER TABLE child ADD CONSTRAINT positive CHECK (id > 0) NOT VALID',
        'ALTER TABLE parent ADD CONSTRAINT positive CHECK (id > 0) NOT VALID',
        `COMMENT ON CONSTRAINT positive ON p2 IS 'of p2'`,
      ],
    );
    expect(before.filter(({ table, conislocal }) => table === 'child' && conislocal)).toHaveLength(1);
    expect(before.filter(({ table, convalidated }) => table === 'p1' && convalidated)).toHaveLength(1);
  });

  it('loads past checks that read tables which are loaded later, or the time, and validates them again', async () => {
    const { before, warnings } = await carry(
      [
        'CREATE TABLE zone (id int PRIMARY KEY)',
        `CREATE FUNCTION known(int) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM zone WHERE id = $1)'`,
        'CREATE TABLE address (zone int CHECK (known(zone)))',
        'CREATE DOMAIN zone_id AS int CHECK (known(VALUE))',
        'CREATE TABLE place (zone zone_id)',
      ],
      ['INSERT INTO zone VALUES (1)', 'INSERT INTO address VALUES (1)', 'INSERT INTO place VALUES (1)'],
      [],
    );
    expect(warnings).toEqual([]);
    expect(names(before, 'convalidated')).toEqual([]);
    await expect(pair!.target.query('INSERT INTO address VALUES (2)')).rejects.toMatchObject({ code: '23514' });
  });

  it('brings back rows that a check of the time refuses by now, and says that it is not validated any more', async () => {
    pair = await Pair.open(engine, {
      schema: ['CREATE TABLE offer (id int, until timestamptz CONSTRAINT ahead CHECK (until > now()))'],
    });
    await pair.source.query(`INSERT INTO offer VALUES (1, now() + interval '100 milliseconds')`);
    await pair.source.query('SELECT pg_sleep(0.2)');
    const { warnings } = await pair.carryAndReport();
    expect(warnings).toEqual([
      'Rows violate the constraint "ahead" of table "offer", as they did before: it is there again as NOT VALID.',
    ]);
    expect(await pair.target.query('SELECT id FROM offer')).toEqual([{ id: 1 }]);
  });

  it('brings them back where a table below has the same check of its own, and its rows violate it by now', async () => {
    pair = await Pair.open(engine, {
      schema: [
        'CREATE TABLE offer (until timestamptz CONSTRAINT ahead CHECK (until > now()))',
        'CREATE TABLE own (CONSTRAINT ahead CHECK (until > now())) INHERITS (offer)',
      ],
    });
    await pair.source.query(`INSERT INTO own VALUES (now() + interval '100 milliseconds')`);
    await pair.source.query(`INSERT INTO offer VALUES ('infinity')`);
    await pair.source.query('SELECT pg_sleep(0.2)');
    const { warnings } = await pair.carryAndReport();
    expect(warnings).toContainEqual(expect.stringContaining('"ahead" of table "own"'));
    expect(await pair.target.query('SELECT 1 FROM offer')).toHaveLength(2);
  });

  it('brings back NULLs that NOT NULL constraints were never validated for, and those that are not enforced', async () => {
    if ((await versionOf(engine)) < 180_000) return;
    const { before } = await carry(
      [
        'CREATE TABLE t (id int PRIMARY KEY, email text, age int)',
        'CREATE TABLE p (id int, day int) PARTITION BY RANGE (day)',
        'CREATE TABLE p1 PARTITION OF p DEFAULT',
      ],
      [`INSERT INTO t VALUES (1, NULL, -1), (2, 'x', 2)`, 'INSERT INTO p VALUES (NULL, 1)'],
      [
        'ALTER TABLE t ADD CONSTRAINT nn NOT NULL email NOT VALID',
        'ALTER TABLE t ADD CONSTRAINT loose CHECK (age > 0) NOT ENFORCED',
        'ALTER TABLE t ADD CONSTRAINT fk FOREIGN KEY (age) REFERENCES t NOT ENFORCED',
        'ALTER TABLE p ADD CONSTRAINT pn NOT NULL id NOT VALID',
        `COMMENT ON CONSTRAINT nn ON t IS 'soon'`,
      ],
    );
    expect(before.filter(({ enforced }) => enforced === 'false')).toHaveLength(2);
    await expect(pair!.target.query('INSERT INTO t (id) VALUES (3)')).rejects.toMatchObject({ code: '23502' });
  });

  it.each([
    ['a column that was made NOT NULL by hand', 'text'],
    ['a domain that is NOT NULL', 'filled'],
  ])('brings back NULLs of %s, and refuses further ones', async (_, type) => {
    const byHand = (claimed: boolean) =>
      `UPDATE pg_attribute SET attnotnull = ${claimed} WHERE attrelid = 't'::regclass AND attname = 'v'`;
    pair = await Pair.open(engine, {
      schema: [
        'CREATE DOMAIN filled AS text NOT NULL',
        `CREATE TABLE t (id int PRIMARY KEY, v ${type})`,
        'CREATE TABLE kept (id int PRIMARY KEY, v text NOT NULL)',
      ],
    });
    if (type === 'text') await pair.both(byHand(true));
    await pair.source.query(`INSERT INTO t SELECT i, 'v' || i FROM generate_series(1, 20000) i`);
    await pair.source.query(`INSERT INTO kept VALUES (1, 'x')`);
    if (type === 'text') await pair.source.query(byHand(false));
    // The way in that the documentation of CREATE DOMAIN names.
    await pair.source.query('UPDATE t SET v = (SELECT v FROM t WHERE false) WHERE id > 19000');
    if (type === 'text') await pair.source.query(byHand(true));
    const named = expect.stringMatching(/^Column "v" of table "t" is NOT NULL and holds NULL, as it did before/);
    expect((await pair.carryAndReport()).warnings).toEqual([named]);
    const [{ nulls, all } = {} as never] = await pair.target.query(
      'SELECT count(*) FILTER (WHERE v IS NULL)::int AS nulls, count(*)::int AS all FROM t',
    );
    expect({ nulls, all }).toEqual({ nulls: 1000, all: 20000 });
    const refused = { code: expect.stringMatching('23514|23502') };
    await expect(pair.target.query('INSERT INTO t VALUES (0, NULL)')).rejects.toMatchObject(refused);
    await expect(pair.target.query('INSERT INTO kept VALUES (0, NULL)')).rejects.toMatchObject({ code: '23502' });
    await pair.carry();
    await expect(pair.target.query('INSERT INTO t VALUES (0, NULL)')).rejects.toMatchObject(refused);
  });

  it('refuses NULLs that the source was free to hold', async () => {
    pair = await Pair.open(engine, { schema: ['CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL)'] });
    await pair.source.query('ALTER TABLE t ALTER v DROP NOT NULL');
    await pair.source.query('INSERT INTO t VALUES (1, NULL)');
    await expect(pair.carry()).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringContaining('column v'),
    });
  });
});

describeEngine('A domain of another role', 'postgres', (engine) => {
  const role = `nestjs_backup_domain_${process.pid}`;
  let database: TestDatabase;
  afterEach(async () => {
    await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await database.drop();
  });

  it('is named by the backup, and by the restore that its constraint refuses', async () => {
    database = await engine.create();
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'pw'`);
    await database.query(`GRANT CREATE ON SCHEMA public TO ${role}`);
    await database.query('CREATE DOMAIN percent AS int');
    const url = Object.assign(new URL((database.options as { url: string }).url), { username: role, password: 'pw' });
    const limited = {
      ...engine,
      create: async () => ({ ...database, options: { ...database.options, url: url.href }, drop: async () => {} }),
    };
    const pair = await Pair.open(limited as Engine);
    try {
      await pair.from.dataSource.query('CREATE TABLE t (share percent)');
      await database.query('INSERT INTO t VALUES (400)');
      await database.query('ALTER DOMAIN percent ADD CONSTRAINT "at most" CHECK (VALUE <= 100) NOT VALID');
      const { manifest } = await pair.from.backUp();
      expect(manifest.warnings).toEqual([
        expect.stringMatching(/^Domain "public.percent" belongs to the role .*"at most" was never validated/),
      ]);
      await expect(pair.carry()).rejects.toMatchObject({
        code: 'RESTORE_FAILED',
        message: expect.stringContaining('constraint at most'),
      });
      expect(await database.query('SELECT share FROM t')).toEqual([{ share: 400 }]);
    } finally {
      await pair.close();
    }
  });
});

describeEngine('Tables without stored columns', 'postgres', (engine) => {
  it('keep their rows', async () => {
    const schema = ['CREATE TABLE z ()', 'CREATE TABLE only_computed (one int GENERATED ALWAYS AS (1) STORED)'];
    const pair = await Pair.open(engine, { schema });
    try {
      for (const table of ['z', 'z', 'only_computed']) await pair.source.query(`INSERT INTO ${table} DEFAULT VALUES`);
      await pair.carry();
      await pair.carry();
      expect(await pair.target.query('SELECT count(*)::int AS n FROM z')).toEqual([{ n: 2 }]);
      expect(await pair.target.query('SELECT one FROM only_computed')).toEqual([{ one: 1 }]);
    } finally {
      await pair.close();
    }
  });
});
