import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RestoreService } from 'nestjs-backup';
import { DataSource } from 'typeorm';
import { mysqlDialect } from '../../lib/database/dialects/mysql/index.js';
import { postgresDialect } from '../../lib/database/dialects/postgres/index.js';
import { sqliteDialect } from '../../lib/database/dialects/sqlite/index.js';
import { describeEngine, describeMysqlEngines, type TestDatabase } from '../fixtures/databases.js';
import { Pair } from '../fixtures/pair.js';

const run = async (database: TestDatabase, statements: readonly string[]) => {
  for (const statement of statements) await database.query(statement);
};

describeEngine('Types of another schema', 'postgres', (engine) => {
  const columns = (types: string, words: string) =>
    `CREATE TABLE public.person (id int PRIMARY KEY, role ${types}.role, roles ${types}."Odd ""Name"""[], word ${words}.citext, words ${words}.citext[])`;
  const types = (schema: string) => [
    `CREATE SCHEMA IF NOT EXISTS ${schema}`,
    `CREATE TYPE ${schema}.role AS ENUM ('admin', 'user')`,
    `CREATE TYPE ${schema}."Odd ""Name""" AS ENUM ('a', 'b')`,
  ];
  const citext = (schema: string) => [
    `CREATE SCHEMA IF NOT EXISTS ${schema}`,
    `CREATE EXTENSION citext SCHEMA ${schema}`,
  ];

  it.each([false, true])('are the same types (translate: %s)', async (translate) => {
    const pair = await Pair.open(engine, {
      prepare: async (source, target) => {
        await run(source, [...types('public'), ...citext('public'), columns('public', 'public')]);
        await run(target, [...types('app'), ...citext('extensions'), columns('app', 'extensions')]);
      },
    });
    await pair.source.query(`INSERT INTO person VALUES (1, 'user', '{a,b}', 'Word', '{One,NULL}')`);
    const archive = await buffer((await pair.from.service.create()).stream);
    await pair.to.get(RestoreService).restore(Readable.from([archive]), { replace: true, translate });
    expect(await pair.target.query('SELECT role::text, roles::text, word::text, words::text FROM person')).toEqual([
      { role: 'user', roles: '{a,b}', word: 'Word', words: '{One,NULL}' },
    ]);
    await pair.close();
  });

  it('differ where their names do, and the remedy names the columns', async () => {
    const pair = await Pair.open(engine, {
      prepare: async (source, target) => {
        await run(source, [
          'CREATE DOMAIN public.text AS text',
          'CREATE TABLE t (id int, a public.text, b varchar(3))',
        ]);
        await run(target, ['CREATE TABLE t (id int, a text, b varchar(4))']);
      },
    });
    await expect(pair.carry()).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringMatching(
        /"t\.a" is public\.text in the archive and text in the target.*"t\.b".*Give these columns of the target the types/s,
      ),
    });
    await pair.close();
  });
});

describeMysqlEngines('Types that servers show in different ways', (engine) => {
  const table = (...types: string[]) =>
    `CREATE TABLE t (id INT PRIMARY KEY, ${types.map((type, index) => `c${index} ${type}`).join(', ')})`;

  it('are the same types', async () => {
    const pair = await Pair.open(engine, {
      prepare: async (source, target) => {
        await source.query(table('INT(7)', 'BIGINT(21) UNSIGNED', 'TINYINT(1)', 'SMALLINT(2)', 'MEDIUMINT(3)'));
        await target.query(table('INT(11)', 'BIGINT(20) UNSIGNED', 'TINYINT(4)', 'SMALLINT(6)', 'MEDIUMINT(9)'));
      },
    });
    await pair.source.query('INSERT INTO t VALUES (1, 2147483647, 18446744073709551615, -128, -32768, 8388607)');
    await pair.carry();
    const [row] = await pair.target.query('SELECT * FROM t');
    expect(Object.values(row!).map(String)).toEqual('1 2147483647 18446744073709551615 -128 -32768 8388607'.split(' '));
    await pair.close();
  });

  it.each([
    ['INT', 'INT UNSIGNED'],
    ['INT', 'BIGINT'],
    ['INT(5) ZEROFILL', 'INT(9) ZEROFILL'],
    ['DECIMAL(10,2)', 'DECIMAL(10,3)'],
    [`ENUM('int(1)')`, `ENUM('int')`],
  ])('differ where their values do: %s and %s', async (one, other) => {
    const pair = await Pair.open(engine, {
      prepare: async (source, target) => {
        await source.query(table(one));
        await target.query(table(other));
      },
    });
    await expect(pair.carry()).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringMatching(/Column "t\.c0" is .*Give these columns of the target the types/s),
    });
    await pair.close();
  });
});

describe('What makes no difference to the values of a column', () => {
  const of = (type: 'postgres' | 'mysql' | 'better-sqlite3') => {
    const dataSource = new DataSource({ type, database: ':memory:' } as never);
    return { postgres: postgresDialect, mysql: mysqlDialect, 'better-sqlite3': sqliteDialect }[type](dataSource);
  };

  it.each([
    ['mysql', 'int(11)', 'int'],
    ['mysql', 'bigint(21) unsigned', 'bigint unsigned'],
    ['mysql', 'tinyint(1)', 'tinyint'],
    ['mysql', 'year(4)', 'year'],
    ['mysql', 'geomcollection', 'geometrycollection'],
    ['mysql', 'datetime(6) /* mariadb-5.3 */', 'datetime(6)'],
    ['postgres', 'public.role', 'app.role'],
    ['postgres', '"My ""App"".x".role[]', 'public.role[]'],
    ['postgres', 'extensions.geometry(Point,4326)', 'public.geometry(Point,4326)'],
    ['better-sqlite3', 'VARCHAR(255)', 'varchar(255)'],
  ] as const)('%s: %s and %s', (engine, one, other) => {
    const { comparableType } = of(engine);
    expect(comparableType(one)).toBe(comparableType(other));
  });

  it.each([
    ['mysql', 'int(5) unsigned zerofill', 'int(10) unsigned zerofill'],
    ['mysql', 'varchar(10)', 'varchar(11)'],
    ['mysql', 'year(2)', 'year(4)'],
    ['mysql', `set('a /* b */')`, `set('a')`],
    ['postgres', 'public.text', 'text'],
    ['postgres', 'numeric(10,2)', 'numeric(10,3)'],
    ['postgres', 'app.role', 'app.roles'],
    ['better-sqlite3', 'INT', 'INTEGER'],
  ] as const)('is not this: %s: %s and %s', (engine, one, other) => {
    const { comparableType } = of(engine);
    expect(comparableType(one)).not.toBe(comparableType(other));
  });
});
