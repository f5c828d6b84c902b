import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { backupApp } from '../../../fixtures/backup.js';
import { describeEngine } from '../../../fixtures/databases.js';

const SCHEMA = [
  `CREATE TABLE page (id int PRIMARY KEY, title text NOT NULL, author int, body text, views int DEFAULT 0)`,
  `CREATE TABLE parted (id int, day date) PARTITION BY RANGE (day)`,
  `CREATE TABLE part PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2030-01-01')`,
  `ALTER TABLE page ADD CONSTRAINT unique_title UNIQUE (title)`,
];

/** What a definition says completely, and so may be built again. */
const REBUILT = {
  plain: 'CREATE INDEX plain ON page (author)',
  'odd "name"': `CREATE INDEX "odd ""name""" ON page (author DESC NULLS LAST, title COLLATE "C" text_pattern_ops) INCLUDE (views)`,
  filled: 'CREATE INDEX filled ON page (views) WITH (fillfactor = 70, deduplicate_items = off)',
};

/** What says more, or belongs to something else. */
const LEFT = {
  unique: 'CREATE UNIQUE INDEX "unique" ON page (id, title)',
  partial: 'CREATE INDEX partial ON page (author) WHERE views > 0',
  expression: 'CREATE INDEX expression ON page (lower(title))',
  clustered: 'CREATE INDEX clustered ON page (title)',
  hashed: 'CREATE INDEX hashed ON page USING hash (author)',
  extended: 'CREATE INDEX extended ON page (views)',
  by_day: 'CREATE INDEX by_day ON parted (day)',
};

const MARKS = [
  `COMMENT ON INDEX filled IS 'it''s \\ half full'`,
  `ALTER TABLE page CLUSTER ON clustered`,
  `ALTER TABLE page REPLICA IDENTITY USING INDEX "unique"`,
  `ALTER INDEX expression ALTER COLUMN 1 SET STATISTICS 500`,
  `ALTER INDEX extended DEPENDS ON EXTENSION plpgsql`,
  `INSERT INTO page SELECT g, 'title ' || g, g % 7, repeat('word ', 50) FROM generate_series(1, 2000) g`,
  `INSERT INTO parted SELECT g, date '2024-01-01' + g FROM generate_series(1, 100) g`,
];

const INDEXES = `
  SELECT c.relname AS name, pg_get_indexdef(c.oid) AS definition, obj_description(c.oid, 'pg_class') AS comment,
    c.reloptions, c.reltablespace, i.indisvalid, i.indisclustered, i.indisreplident, i.indisunique, c.relowner,
    (SELECT json_agg(nullif(a.attstattarget, -1)) FROM pg_attribute a WHERE a.attrelid = c.oid) AS targets,
    (SELECT count(*) FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'x') AS extensions
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
  WHERE t.relname IN ('page', 'parted', 'part') ORDER BY c.relname`;

describeEngine('restore of indexes', 'postgres', (engine) => {
  it('builds again what its definition describes completely, leaves the rest, and loses nothing of either', async () => {
    const database = await engine.create();
    const numbers = async () => {
      const rows = await database.query(`SELECT relname AS name, oid FROM pg_class WHERE relkind IN ('i', 'I')`);
      return new Map(rows.map(({ name, oid }) => [name as string, Number(oid)]));
    };
    const sql = [...SCHEMA, ...Object.values(REBUILT), ...Object.values(LEFT), ...MARKS];
    for (const statement of sql) await database.query(statement);
    const app = await backupApp(database, {}, { unmappedTables: 'include' });
    try {
      const [before, numbersBefore] = [await database.query(INDEXES), await numbers()];
      const archive = await buffer((await app.service.create()).stream);
      await app.get(RestoreService).restore(Readable.from([archive]), { replace: true });
      expect(await database.query(INDEXES)).toEqual(before);
      const numbersAfter = await numbers();
      const rebuilt = [...numbersBefore].flatMap(([name, oid]) => (numbersAfter.get(name) === oid ? [] : [name]));
      expect(rebuilt.toSorted()).toEqual(Object.keys(REBUILT).toSorted());
      await database.query('SET enable_seqscan = off');
      expect(await database.query('SELECT count(*)::int AS n FROM page WHERE author = 3')).toEqual([{ n: 286 }]);
    } finally {
      await app.close();
      await database.drop();
    }
  });
});
