import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { backupApp } from '../../../fixtures/backup.js';
import { describeEngine, type TestDatabase } from '../../../fixtures/databases.js';
import { createPostgresRole } from '../../../fixtures/postgres-role.js';
import { catalogOf, newIndexes } from './catalog.js';

const SCHEMA = [
  `CREATE TABLE page (id int CONSTRAINT page_key PRIMARY KEY, title text NOT NULL, author int, body text, views int DEFAULT 0)`,
  `CREATE TABLE note (page int REFERENCES page, at int, text text NOT NULL, first int, second int)`,
  `CREATE TABLE parted (id int, day date) PARTITION BY RANGE (day)`,
  `CREATE TABLE part PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2030-01-01')`,
  `CREATE TABLE above (id int CONSTRAINT inherited PRIMARY KEY, text text CONSTRAINT above_text UNIQUE)`,
  `CREATE TABLE below (CONSTRAINT below_key PRIMARY KEY (id)) INHERITS (above)`,
  `CREATE TABLE few (id int CONSTRAINT few_key PRIMARY KEY, text text)`,
  `CREATE INDEX few_text ON few (text)`,
];

/** What a definition says completely, and so may be built again. */
const REBUILT = {
  page_key: `COMMENT ON CONSTRAINT page_key ON page IS 'it''s \\ the key'; COMMENT ON INDEX page_key IS 'and its index'`,
  plain: 'CREATE INDEX plain ON page (author)',
  'odd "name"': `CREATE INDEX "odd ""name""" ON page (author DESC NULLS LAST, title COLLATE "C" text_pattern_ops) INCLUDE (views)`,
  filled: `CREATE INDEX filled ON page (views) WITH (fillfactor = 70, deduplicate_items = off); COMMENT ON INDEX filled IS 'it''s \\ half full'`,
  unique: 'CREATE UNIQUE INDEX "unique" ON page (id DESC, title)',
  'odd "key"': `ALTER TABLE note ADD CONSTRAINT "odd ""key""" PRIMARY KEY (page, at) INCLUDE (text) WITH (fillfactor = 80)`,
  distinct: `ALTER TABLE note ADD CONSTRAINT "distinct" UNIQUE NULLS NOT DISTINCT (first); COMMENT ON CONSTRAINT "distinct" ON note IS 'one NULL'`,
  adopted:
    'CREATE UNIQUE INDEX adopted ON note (text); ALTER TABLE note ADD CONSTRAINT adopted UNIQUE USING INDEX adopted',
  of_part: 'CREATE UNIQUE INDEX of_part ON part (day, id)',
  above_text: 'SELECT 1',
  below_key: 'SELECT 1',
};

/** What says more, or belongs to something else. */
const LEFT = {
  identity: 'CREATE UNIQUE INDEX identity ON page (title, id); ALTER TABLE page REPLICA IDENTITY USING INDEX identity',
  partial: 'CREATE INDEX partial ON page (author) WHERE views > 0',
  expression: 'CREATE INDEX expression ON page (lower(title))',
  targeted: 'CREATE INDEX targeted ON page ((views + 1)); ALTER INDEX targeted ALTER COLUMN 1 SET STATISTICS 500',
  clustered: 'ALTER TABLE page ADD CONSTRAINT clustered UNIQUE (title); ALTER TABLE page CLUSTER ON clustered',
  hashed: 'CREATE INDEX hashed ON page USING hash (author)',
  extended: 'CREATE INDEX extended ON page (views); ALTER INDEX extended DEPENDS ON EXTENSION plpgsql',
  needed: 'ALTER TABLE page ADD CONSTRAINT needed UNIQUE (id, views); ALTER INDEX needed DEPENDS ON EXTENSION plpgsql',
  deferred: 'ALTER TABLE note ADD CONSTRAINT deferred UNIQUE (at) DEFERRABLE INITIALLY DEFERRED',
  excluded: 'ALTER TABLE note ADD CONSTRAINT excluded EXCLUDE USING btree (at WITH =)',
  by_way: `CREATE FUNCTION compare(int, int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN btint4cmp($1, $2); END';
    CREATE OPERATOR CLASS by_way FOR TYPE int USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=,
      OPERATOR 5 >, FUNCTION 1 compare(int, int);
    CREATE UNIQUE INDEX by_way ON note (at by_way)`,
  grouped: `ALTER TABLE part ADD CONSTRAINT grouped PRIMARY KEY (id);
    CREATE VIEW grouping AS SELECT id, day, count(*) FROM part GROUP BY id`,
  // By a foreign key that is switched off, and so stays.
  referred: `ALTER TABLE page ADD CONSTRAINT referred UNIQUE (id, author);
    CREATE TABLE loose (page int, author int, FOREIGN KEY (page, author) REFERENCES page (id, author));
    ALTER TABLE loose DISABLE TRIGGER ALL`,
  broken: `CREATE UNIQUE INDEX broken ON note (at); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'broken'::regclass`,
  by_day: 'CREATE INDEX by_day ON parted (day)',
  part_day_idx: 'SELECT 1',
  inherited: 'SELECT 1',
  few_key: 'SELECT 1',
  few_text: 'SELECT 1',
};

const WORDS = `repeat('word ', 200)`;
const ROWS = [
  `INSERT INTO page SELECT g, 'title ' || g, g % 7, ${WORDS} FROM generate_series(1, 2000) g`,
  `INSERT INTO note SELECT g, g, g || ${WORDS}, nullif(g, 5), g % 7 FROM generate_series(1, 2000) g`,
  `INSERT INTO parted SELECT g, date '2024-01-01' + g % 1000 FROM generate_series(1, 100000) g`,
  `INSERT INTO above SELECT g, g || ${WORDS} FROM generate_series(1, 2000) g`,
  `INSERT INTO below SELECT g, g || ${WORDS} FROM generate_series(1, 2000) g`,
  `INSERT INTO few SELECT g, g || ${WORDS} FROM generate_series(1, 100) g`,
];

describeEngine('restore of indexes', 'postgres', (engine) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await engine.create();
  });
  afterEach(() => database.drop());

  /** Restores a backup into the database that it is of. */
  async function restoreItself(options = database.options): Promise<void> {
    const app = await backupApp({ options }, {}, { unmappedTables: 'include' });
    try {
      const archive = await buffer((await app.service.create()).stream);
      await app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
    } finally {
      await app.close();
    }
  }

  it('builds again what its definition describes completely, leaves the rest, and loses nothing of either', async () => {
    const sql = [...SCHEMA, ...Object.values(REBUILT), ...Object.values(LEFT), ...ROWS];
    for (const statement of sql) await database.query(statement);
    const [before, rebuilt] = [await catalogOf(database), await newIndexes(database)];
    await restoreItself();
    expect(await catalogOf(database)).toEqual(before);
    expect(await rebuilt()).toEqual(Object.keys(REBUILT).toSorted());
    await database.query('SET enable_seqscan = off');
    expect(await database.query('SELECT count(*)::int AS n FROM page WHERE author = 3')).toEqual([{ n: 286 }]);
    expect(await database.query('SELECT count(*)::int AS n FROM page WHERE id > 1000')).toEqual([{ n: 1000 }]);
    for (const key of [`note (page, at, text) VALUES (1, -1, 'x')`, `page (id, title) VALUES (7, 'x')`]) {
      await expect(database.query(`INSERT INTO ${key}`)).rejects.toMatchObject({ code: '23505' });
    }
  });

  it('leaves those that are in a tablespace of their own', async () => {
    const tablespace = `nestjs_backup_${process.pid}`;
    await database.query('SET allow_in_place_tablespaces = on');
    await database.query(`CREATE TABLESPACE ${tablespace} LOCATION ''`);
    try {
      for (const sql of [SCHEMA[0]!, ROWS[0]!]) await database.query(sql);
      await database.query(`ALTER TABLE page ADD UNIQUE (title) USING INDEX TABLESPACE ${tablespace}`);
      const [before, rebuilt] = [await catalogOf(database), await newIndexes(database)];
      await restoreItself();
      expect(await catalogOf(database)).toEqual(before);
      expect(await rebuilt()).toEqual(['page_key']);
    } finally {
      await database.query('DROP TABLE page');
      await database.query(`DROP TABLESPACE ${tablespace}`);
    }
  });

  it('leaves keys where the server limits temporary files, which sorting needs', async () => {
    for (const sql of [SCHEMA[0]!, REBUILT.plain, ROWS[0]!]) await database.query(sql);
    await database.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET temp_file_limit = ''1GB''', current_database()); END $$`,
    );
    const rebuilt = await newIndexes(database);
    await restoreItself();
    expect(await rebuilt()).toEqual(['plain']);
  });

  it('leaves them where its role could not create them again', async () => {
    const role = await createPostgresRole(database);
    try {
      for (const sql of [SCHEMA[0]!, REBUILT.plain, ROWS[0]!]) await database.query(sql);
      await database.query(`CREATE SCHEMA closed; ALTER TABLE page SET SCHEMA closed`);
      await database.query(
        `ALTER TABLE closed.page OWNER TO ${role.name}; GRANT USAGE ON SCHEMA closed TO ${role.name}`,
      );
      await database.query(`GRANT ALL ON SCHEMA public TO ${role.name}`);
      const rebuilt = await newIndexes(database);
      await restoreItself(role.options);
      expect(await rebuilt()).toEqual([]);
      expect(await database.query('SELECT count(*)::int AS n FROM closed.page')).toEqual([{ n: 2000 }]);
    } finally {
      await role.drop();
    }
  });

  it.each([
    ['few', 100],
    ['many', 4000],
  ])('refuses rows that a key does not allow, by the names of table and key: %s rows', async (_, rows) => {
    await database.query(`CREATE TABLE page (id int CONSTRAINT page_key PRIMARY KEY, text text)`);
    // As an index that is damaged.
    await database.query(`UPDATE pg_index SET indisready = false WHERE indexrelid = 'page_key'::regclass`);
    await database.query(`INSERT INTO page SELECT g, ${WORDS} FROM generate_series(1, ${rows}) g`);
    await database.query(`INSERT INTO page VALUES (${rows}, 'twice')`);
    await database.query(`UPDATE pg_index SET indisready = true WHERE indexrelid = 'page_key'::regclass`);
    const before = await catalogOf(database);
    await expect(restoreItself()).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(/loaded table "page" \(constraint page_key, unique violation/),
    });
    expect(await catalogOf(database)).toEqual(before);
    expect(await database.query('SELECT count(*)::int AS n FROM page')).toEqual([{ n: rows + 1 }]);
  });
});
