import { backupApp } from '../fixtures/backup.js';
import { describeEngine } from '../fixtures/databases.js';
import { Pair } from '../fixtures/pair.js';

/** Everything in which PostgreSQL keeps rows, or refers to them. */
const SCHEMA = [
  'CREATE SCHEMA "other.schema"',
  'CREATE TABLE "other.schema"."a ""b""" (id int PRIMARY KEY)',
  'CREATE TABLE log (day int, text text) PARTITION BY RANGE (day)',
  'CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10)',
  'CREATE TABLE log_rest PARTITION OF log DEFAULT PARTITION BY LIST (text)',
  'CREATE TABLE log_rest_1 PARTITION OF log_rest DEFAULT',
  'CREATE TABLE parent (id int PRIMARY KEY)',
  'CREATE TABLE child (extra text) INHERITS (parent)',
  'CREATE TABLE grandchild () INHERITS (child)',
  'CREATE UNLOGGED TABLE fast (id int)',
  'CREATE TABLE guarded (id int, owner text)',
  'ALTER TABLE guarded ENABLE ROW LEVEL SECURITY',
  'ALTER TABLE guarded FORCE ROW LEVEL SECURITY',
  `CREATE POLICY own ON guarded USING (owner = current_user)`,
  'CREATE SEQUENCE alone START 7',
  'CREATE SEQUENCE "other.schema".backwards INCREMENT -3 MINVALUE -100 MAXVALUE 50 START 50 CYCLE',
  'CREATE SEQUENCE narrow AS smallint MAXVALUE 100',
  `CREATE TABLE numbered (id bigint DEFAULT nextval('narrow'), share numeric DEFAULT nextval('alone'))`,
];
const ROWS = [
  'INSERT INTO "other.schema"."a ""b""" VALUES (1)',
  `INSERT INTO log VALUES (1, 'one'), (99, 'rest')`,
  'INSERT INTO parent VALUES (1)',
  `INSERT INTO child VALUES (2, 'two')`,
  `INSERT INTO grandchild VALUES (3, 'three')`,
  'INSERT INTO fast VALUES (1)',
  `INSERT INTO guarded VALUES (1, 'nobody')`,
  `SELECT nextval('"other.schema".backwards'), nextval('"other.schema".backwards')`,
  'INSERT INTO numbered DEFAULT VALUES',
];

describeEngine('what only PostgreSQL has', 'postgres', (engine) => {
  let pair: Pair;
  const open = async (schema: string[], rows: string[]) => {
    pair = await Pair.open(engine, { schema });
    for (const statement of rows) await pair.source.query(statement);
  };
  afterEach(() => pair?.close());

  it('comes back: schemas, partitions, inherited tables, unlogged ones, guarded ones, sequences', async () => {
    await open(SCHEMA, ROWS);
    const { warnings } = await pair.carry();
    const { tables, counters } = await pair.expectEqual();
    expect(tables['public.log_rest_1']!.rows).toBe('1');
    expect(tables['public.parent']!.rows).toBe('1');
    expect(counters).toMatchObject({ 'public.alone': '7', 'other.schema.backwards': '47', 'public.narrow': '1' });
    expect(warnings).toEqual([expect.stringMatching(/"public\.fast" is unlogged/)]);
  });

  it('comes back with keys that no sequence could have drawn', async () => {
    await open(SCHEMA, [`INSERT INTO numbered VALUES (5000, 'NaN'), (-7, 'Infinity'), (3, 12.5)`]);
    await pair.carry();
    const { source, target } = await pair.contents();
    expect(target.tables).toEqual(source.tables);
    // Past those that they could.
    expect(target.counters).toMatchObject({ 'public.narrow': '3', 'public.alone': '12' });
  });

  it('is named where it is not saved: foreign tables, large objects, tables of extensions', async () => {
    await open(
      [
        'CREATE FOREIGN DATA WRAPPER nowhere',
        'CREATE SERVER far FOREIGN DATA WRAPPER nowhere',
        'CREATE FOREIGN TABLE remote (id int) SERVER far',
        `SELECT lo_from_bytea(0, 'x'), lo_from_bytea(0, 'y')`,
        'CREATE EXTENSION citext',
        'CREATE TABLE jobs (id int)',
        'ALTER EXTENSION citext ADD TABLE jobs',
      ],
      [],
    );
    const expected = [
      '"public.remote" lives in another server',
      '2 large objects',
      '"public.jobs" belongs to the extension citext',
    ];
    const { warnings } = await pair.carry();
    for (const text of expected) expect(warnings).toContainEqual(expect.stringContaining(text));
    expect(warnings).toHaveLength(expected.length);
  });

  it('is named where a restore could not bring it up to date: materialized views of other roles', async () => {
    await open(
      [
        'CREATE TABLE read (id int PRIMARY KEY)',
        'CREATE MATERIALIZED VIEW "of others" AS SELECT id FROM read',
        'CREATE MATERIALIZED VIEW "of nothing" AS SELECT 1 AS one',
        'GRANT SELECT ON read TO PUBLIC',
      ],
      [],
    );
    const role = `nestjs_backup_${process.pid}`;
    await pair.source.query(`CREATE ROLE ${role} LOGIN PASSWORD 'pw'`);
    const { url } = pair.source.options as { url: string };
    const asRole = Object.assign(new URL(url), { username: role, password: 'pw' }).href;
    const app = await backupApp({ options: { type: 'postgres', url: asRole } }, {}, { unmappedTables: 'include' });
    try {
      const { warnings } = (await app.backUp()).manifest;
      expect(warnings).toEqual([expect.stringMatching(/"public\.of others" belongs to the role .*cannot refresh it/)]);
    } finally {
      await app.close();
      await pair.source.query(`DROP ROLE ${role}`);
    }
  });

  it('refreshes materialized views, each after those that it reads, and leaves empty ones empty', async () => {
    const tables = ['CREATE TABLE t (n int)', 'INSERT INTO t VALUES (1)'];
    const views = [
      'CREATE MATERIALIZED VIEW z_first AS SELECT sum(n) AS n FROM t',
      'CREATE VIEW between AS SELECT n * 2 AS n FROM z_first',
      'CREATE MATERIALIZED VIEW a_second AS SELECT n FROM between',
      'CREATE MATERIALIZED VIEW never AS SELECT n FROM t WITH NO DATA',
    ];
    await open([...tables, ...views], ['INSERT INTO t VALUES (20)']);
    await pair.carry();
    expect(await pair.target.query('SELECT n::int FROM a_second')).toEqual([{ n: 42 }]);
    const [never] = await pair.target.query(`SELECT relispopulated FROM pg_class WHERE relname = 'never'`);
    expect(never).toEqual({ relispopulated: false });
  });

  it("calls the application's functions with the application's search path", async () => {
    const body = 'BEGIN RETURN n < most(); END';
    const schema = [
      'CREATE SCHEMA app',
      'CREATE FUNCTION app.most() RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 10 $$',
      `CREATE FUNCTION app.small(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ ${body} $$`,
      'SET search_path = app, public',
      'CREATE TABLE public.checked (n int CHECK (small(n)))',
    ];
    pair = await Pair.open(engine, { schema, dataSource: { extra: { options: '-c search_path=app,public' } } });
    await pair.source.query('INSERT INTO public.checked VALUES (9)');
    await pair.carry();
    expect((await pair.expectEqual()).tables['public.checked']!.rows).toBe('1');
  });

  it('computes days with the time zone of the application, where values depend on it', async () => {
    const schema = [
      `CREATE FUNCTION local_day(timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS 'SELECT $1::date'`,
      `CREATE TABLE visit (at timestamptz, day date CHECK (at >= day) CHECK (at::date = day),
         computed date GENERATED ALWAYS AS (local_day(at)) STORED)`,
      'CREATE MATERIALIZED VIEW per_day AS SELECT at::date AS day, count(*) FROM visit GROUP BY 1',
    ];
    const options = '-c timezone=Pacific/Auckland -c datestyle=SQL,DMY -c intervalstyle=sql_standard';
    pair = await Pair.open(engine, { schema, dataSource: { extra: { options } } });
    await pair.from.dataSource.query(`INSERT INTO visit VALUES ('2026-01-02 00:30', '2026-01-02')`);
    await pair.from.dataSource.query('REFRESH MATERIALIZED VIEW per_day');
    const { warnings } = await pair.carryAndReport();
    expect(warnings).toEqual([]);
    for (const sql of ['SELECT computed::text AS day FROM visit', 'SELECT day::text AS day FROM per_day']) {
      expect(await pair.target.query(sql)).toEqual([{ day: '2026-01-02' }]);
    }
    const unvalidated = `SELECT conname FROM pg_constraint WHERE contype = 'c' AND NOT convalidated`;
    expect(await pair.target.query(unvalidated)).toEqual([]);
    await pair.expectEqual();
  });

  it.each(['LATIN1', 'SQL_ASCII'])('is read in UTF-8 from a database in %s, or visibly not', async (encoding) => {
    pair = await Pair.open(engine);
    const { url } = pair.source.options as { url: string };
    const name = `${new URL(url).pathname.slice(1)}_${encoding.toLowerCase()}`;
    const options = { type: 'postgres' as const, url: Object.assign(new URL(url), { pathname: `/${name}` }).href };
    await pair.source.query(`CREATE DATABASE ${name} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`);
    const app = await backupApp({ options }, {}, { unmappedTables: 'include' });
    try {
      await app.dataSource.query(`CREATE TABLE t AS SELECT 'ä"\\'::text AS v`);
      expect((await app.backUp()).of('t')).toEqual([{ model: 't', pk: null, fields: { v: 'ä"\\' } }]);
      if (encoding === 'LATIN1') return;
      await app.dataSource.query(`INSERT INTO t VALUES (E'\\xff')`);
      await expect(app.backUp()).rejects.toMatchObject({ code: 'DATABASE_FAILED', message: /"t"/ });
    } finally {
      await app.close();
      await pair.source.query(`DROP DATABASE ${name} WITH (FORCE)`);
    }
  });
});
