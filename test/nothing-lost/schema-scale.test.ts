import { describeSomeEngines } from '../fixtures/databases.js';
import { Pair } from '../fixtures/pair.js';
import { largeSchema } from './support/large-schema.js';

const TABLES = process.env.TEST_LONG ? 500 : 20;
/** There and back, on a machine that does other things, too. */
const MOST_SECONDS = process.env.TEST_LONG ? 120 : 60;
const TEST_MS = 400_000;

const LONG = Boolean(process.env.TEST_LONG);
/** A tenth of one where time is short. */
const MEGABYTE = LONG ? 1_000_000 : 100_000;
/** 50 MB in one row, of characters that JSON escapes, of several bytes, and of none that deflate makes small. */
const BIG = {
  postgres: {
    create: 'CREATE TABLE big (id int PRIMARY KEY, a bytea, b text, c jsonb)',
    insert: `INSERT INTO big VALUES (1, decode(repeat('00ff0a5c', ${5 * MEGABYTE}), 'hex'), repeat('ü"\\', ${6 * MEGABYTE}),
      jsonb_build_object('x', repeat('y', ${6 * MEGABYTE})))`,
  },
  mysql: {
    create: 'CREATE TABLE big (id INT PRIMARY KEY, a LONGBLOB, b LONGTEXT, c LONGTEXT, d LONGBLOB)',
    insert: `INSERT INTO big VALUES (1, REPEAT(x'00ff0a5c', ${3 * MEGABYTE}), REPEAT('ü"\\\\', ${3 * MEGABYTE}),
      REPEAT('表', ${4 * MEGABYTE}), REPEAT(x'27', ${14 * MEGABYTE}))`,
  },
  sqlite: {
    create: 'CREATE TABLE big (id integer PRIMARY KEY, a blob, b text)',
    insert: `INSERT INTO big VALUES (1, randomblob(${26 * MEGABYTE}), replace(hex(zeroblob(${6 * MEGABYTE})), '00', 'ü"\\'))`,
  },
};

describeSomeEngines('a large schema', 2, (engine) => {
  let pair: Pair;
  afterEach(() => pair?.close());

  /** There and back, in bounded time. */
  const carry = async () => {
    const start = performance.now();
    const manifest = await pair.carry();
    const seconds = (performance.now() - start) / 1_000;
    if (process.env.TEST_LONG) {
      console.info(`${engine.name}: ${manifest.tables.length} tables, ${seconds.toFixed(1)} s`);
    }
    expect(seconds).toBeLessThan(MOST_SECONDS);
    return manifest;
  };

  it(
    `of ${TABLES} tables, odd names of up to 63 bytes and 300 columns comes back in bounded time`,
    async () => {
      const { create, fill } = largeSchema(engine, TABLES);
      pair = await Pair.open(engine, { schema: create });
      for (const statement of fill) await pair.source.query(statement);
      const { tables } = await carry();
      expect(tables).toHaveLength(TABLES + 1);
      expect(tables.find(({ name }) => name === 'wide')!.columns).toHaveLength(300);
      await pair.expectEqual();
    },
    TEST_MS,
  );

  it(
    `with ${50 * (MEGABYTE / 1_000_000)} MB in one row comes back in bounded time`,
    async () => {
      const { create, insert } = BIG[engine.family];
      pair = await Pair.open(engine, { schema: [create] });
      await pair.source.query(insert);
      await carry();
      await pair.expectEqual();
    },
    TEST_MS,
  );
});
