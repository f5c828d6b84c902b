import { describeEngine } from '../fixtures/databases.js';
import { Pair } from '../fixtures/pair.js';
import { postgresExtensions, postgresSetup, postgresTypes, type TypeValues } from '../fixtures/types/postgres.js';
import { expectSameLines } from './support/same-lines.js';

/** Settings of a host's pool that change what values look like, or how they are read. */
const HOSTILE = {
  source: {
    DateStyle: 'SQL,DMY',
    IntervalStyle: 'sql_standard',
    extra_float_digits: '-15',
    TimeZone: 'Asia/Tehran',
    bytea_output: 'escape',
    search_path: 'public,pg_catalog',
    xmloption: 'document',
    quote_all_identifiers: 'on',
    lc_monetary: 'C',
    client_encoding: 'LATIN1',
    timezone_abbreviations: 'India',
    array_nulls: 'off',
    statement_timeout: '60000',
    default_transaction_isolation: 'serializable',
  },
  target: {
    DateStyle: 'German,MDY',
    IntervalStyle: 'iso_8601',
    extra_float_digits: '0',
    TimeZone: 'America/St_Johns',
    bytea_output: 'escape',
    search_path: 'public',
    xmloption: 'document',
    timezone_abbreviations: 'Australia',
    standard_conforming_strings: 'off',
    default_transaction_read_only: 'on',
    default_transaction_deferrable: 'on',
    array_nulls: 'off',
    backslash_quote: 'off',
    transform_null_equals: 'on',
  },
};

/** As options of the connection string, which reach the library's connections too. */
const hostile = (which: keyof typeof HOSTILE) => ({
  extra: {
    options: Object.entries(HOSTILE[which])
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  },
});

const depthOf = (types: TypeValues) => Math.max(...types.map((values) => values.length));

/** A table with a column of each type, NOT NULL where `full`, and a row for each depth of the lists of values. */
function tableOf(name: string, types: TypeValues, full = false): { create: string; inserts: string[] } {
  const columns = types.map(([type], index) => `c${index} ${type}${full ? ' NOT NULL' : ''}`);
  const rows = Array.from({ length: full ? 1 : depthOf(types) }, (_, at) =>
    types.map(([type, ...values]) => (values[at] === undefined ? 'NULL' : `${values[at]}::${type}`)),
  );
  return {
    create: `CREATE TABLE ${name} (id int PRIMARY KEY, ${columns.join(', ')})`,
    inserts: rows.map((row, id) => `INSERT INTO ${name} VALUES (${id}, ${row.join(', ')})`),
  };
}

/** The types whose columns differ, which says more than two numbers do. */
function changed(types: TypeValues, one: Record<string, string>, other: Record<string, string>): string[] {
  return types.flatMap(([type], index) => (one[`c${index}`] === other[`c${index}`] ? [] : [type]));
}

const sparse = tableOf('sparse', postgresTypes);
const dense = tableOf('dense', postgresTypes, true);
const extensions = Object.entries(postgresExtensions).map(([name, types]) => {
  return { name, types, ...tableOf(`of_${name}`, types) };
});
const KEYED = 'CREATE TABLE keyed (a bytea, b timestamptz, c mood, d "char", PRIMARY KEY (d, b, a, c))';
const KEYS = `INSERT INTO keyed VALUES ('\\x00', '2021-10-31 02:30:00+02', 'sad', 'x'), ('', 'infinity', '', '')`;

/** What the pinned path keeps from being called, and the pinned literals from being misread. */
const TRAPS = [
  `CREATE FUNCTION public.to_json(text) RETURNS json LANGUAGE sql AS $$ SELECT '"never"'::json $$`,
  'CREATE TABLE "back\\slash" (id int GENERATED ALWAYS AS IDENTITY)',
];

describeEngine('every type of PostgreSQL, between hostile sessions', 'postgres', (engine) => {
  let pair: Pair;
  let contents: Awaited<ReturnType<Pair['contents']>>;
  const there = new Set<string>();

  beforeAll(async () => {
    pair = await Pair.open(engine, {
      schema: [...postgresSetup, sparse.create, dense.create, KEYED, ...TRAPS],
      dataSource: hostile,
    });
    for (const insert of [...sparse.inserts, ...dense.inserts, KEYS]) await pair.source.query(insert);
    for (const { name } of await pair.source.query('SELECT name FROM pg_available_extensions')) there.add(name);
    for (const { name, create, inserts } of extensions) {
      if (!there.has(name)) continue;
      await pair.both(`CREATE EXTENSION ${name}`, create);
      for (const insert of inserts) await pair.source.query(insert);
    }
    await pair.carry();
    contents = await pair.contents();
  });
  afterAll(() => pair?.close());

  const expectSame = (table: string, types: TypeValues) => {
    const [one, other] = [contents.source, contents.target].map(({ tables }) => tables[`public.${table}`]!);
    expect(changed(types, other!, one!)).toEqual([]);
    expect(other).toEqual(one);
    expect(Number(one!.rows)).toBeGreaterThan(0);
  };

  it(`comes back the same in another database: ${postgresTypes.length} types, as the servers compare them`, () => {
    expectSame('sparse', postgresTypes);
    expectSame('dense', postgresTypes);
    expectSame('keyed', []);
    expect(contents.target).toEqual(contents.source);
  });

  it.each(extensions)('includes those of the extension $name', ({ name, types }) => {
    if (there.has(name)) expectSame(`of_${name}`, types);
    else console.warn(`Skipped: this server has no extension ${name}.`);
  });

  it('is written as a calm session would write it', async () => {
    await expectSameLines(pair.from, pair.source);
  });

  it('would be read otherwise in the sessions of either host', async () => {
    const [[shown], [other]] = [await show(pair.from), await show(pair.to)];
    expect(shown).toMatchObject({ at: '31/10/2021 04:00:00 +0330', f: '0.3', b: '\\377' });
    expect(other).toMatchObject({ at: '30.10.2021 22:00:00 NDT', b: '\\377', a: ['NULL'] });
  });
});

/** What a session of the host's own pool sees. */
const show = ({ dataSource }: Pair['from']): Promise<Array<Record<string, unknown>>> =>
  dataSource.query(`SELECT '2021-10-31 02:30:00+02'::timestamptz::text AS at, (1 / 3.0)::float8::text AS f,
    E'\\\\xff'::bytea::text AS b, '{NULL}'::text[] AS a`);
