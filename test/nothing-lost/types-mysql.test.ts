import { describeMysqlEngines, type Engine } from '../fixtures/databases.js';
import { beginSessionsWith, createMysqlUser, type MysqlUser } from '../fixtures/mysql-users.js';
import { Pair } from '../fixtures/pair.js';
import { mysqlTypesOf } from '../fixtures/types/mysql.js';
import { expectSameLines } from './support/same-lines.js';

/** What the server gives the sessions of the host's user. */
const hostile = ({ name }: Engine) => ({
  source: {
    sql_select_limit: '1',
    time_zone: `'+09:00'`,
    sql_mode: `'ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH${name === 'mariadb' ? ',ORACLE' : ''}'`,
    character_set_results: `'latin1'`,
    autocommit: '0',
    max_statement_time: '0.5',
    max_execution_time: '500',
    lock_wait_timeout: '0',
    max_error_count: '0',
    lc_time_names: `'de_DE'`,
    big_tables: '1',
    group_concat_max_len: '4',
  },
  target: {
    time_zone: `'-02:30'`,
    sql_mode: `'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE'`,
    character_set_client: `'latin1'`,
    character_set_connection: `'latin2'`,
    autocommit: '0',
    auto_increment_increment: '7',
    sql_safe_updates: '1',
    tx_read_only: '1',
    transaction_read_only: '1',
    default_storage_engine: `'MyISAM'`,
    sql_auto_is_null: '1',
    sql_notes: '0',
    max_error_count: '0',
    innodb_lock_wait_timeout: '1',
    max_statement_time: '0.5',
    sql_select_limit: '1',
    completion_type: `'RELEASE'`,
  },
});

/** The taste of the host's pool. */
const POOL = {
  timezone: '+05:30',
  charset: 'latin1_swedish_ci',
  dateStrings: true,
  supportBigNumbers: false,
  extra: { decimalNumbers: true, multipleStatements: true },
};

const SETTINGS = `SET time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'`;

describeMysqlEngines('every type of MySQL and MariaDB, between hostile sessions', (engine) => {
  const mysqlTypes = mysqlTypesOf(engine);
  let pair: Pair;
  const cleanups: Array<() => Promise<unknown>> = [];

  beforeAll(async () => {
    const users: MysqlUser[] = [];
    pair = await Pair.open(engine, {
      prepare: async (...databases) => {
        for (const database of databases) users.push(await createMysqlUser(database, 'GRANT ALL ON'));
        cleanups.push(...users.map(({ drop }) => drop));
        const [one, other] = users as [MysqlUser, MysqlUser];
        const sessions = [
          [one, hostile(engine).source],
          [other, hostile(engine).target],
        ] as const;
        cleanups.push(await beginSessionsWith(databases[0], sessions));
      },
      dataSource: (which) => ({ ...POOL, url: users[which === 'source' ? 0 : 1]!.url }),
      module: { unmappedTables: 'include' },
    });
    await pair.both(SETTINGS);
  });
  afterAll(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
    await pair?.close();
  });

  it(`comes back the same in another database: ${mysqlTypes.length} columns of them, as the server compares them`, async () => {
    for (const [index, [type, ...values]] of mysqlTypes.entries()) {
      await pair.both(`CREATE TABLE t${index} (id INT PRIMARY KEY, v ${type} NULL)`);
      for (const [id, value] of ['NULL', ...values].entries()) {
        await pair.source.query(`INSERT INTO t${index} VALUES (${id}, ${value})`);
      }
    }
    await pair.carry();
    const { source, target } = await pair.contents();
    const changed = mysqlTypes.filter((_, at) => source.tables[`t${at}`]!['*'] !== target.tables[`t${at}`]!['*']);
    expect(changed).toEqual([]);
    expect(target).toEqual(source);
    expect(await pair.target.query(`SHOW TABLES LIKE 'nestjs\\_backup%'`)).toEqual([]);
  });

  it('includes every byte, or every kind of character, of each character set of the server', async () => {
    const sets = await pair.source.query(
      `SELECT character_set_name AS name, maxlen AS maxlen FROM information_schema.character_sets WHERE character_set_name <> 'binary'`,
    );
    await pair.both(...sets.map(({ name }) => `CREATE TABLE in_${name} (v VARCHAR(600) CHARACTER SET ${name})`));
    for (const { name, maxlen } of sets) {
      const bytes = Array.from({ length: name === 'ascii' ? 128 : 256 }, (_, byte) => byte);
      if (Number(maxlen) === 1) await pair.source.query(`INSERT INTO in_${name} VALUES (?)`, [Buffer.from(bytes)]);
      await pair.source.query(`INSERT INTO in_${name} VALUES ('aé表Жא¥~\\\\'), ('€😀한'), ('')`);
    }
    await pair.carry();
    const { tables } = await pair.expectEqual();
    expect(sets.length).toBeGreaterThan(30);
    expect(tables.in_latin1!.rows).toBe('4');
  });

  it('is written as a calm session would write it', async () => {
    await expectSameLines(pair.from, pair.source);
  });

  it('would be read otherwise in the sessions of either host', async () => {
    await pair.both('CREATE TABLE seen (id INT PRIMARY KEY, at TIMESTAMP, c CHAR(3))');
    await pair.both(`INSERT INTO seen VALUES (1, '2021-10-31 00:30:00', 'a'), (2, NULL, 'b')`);
    const sql = 'SELECT HEX(c) AS c, CONCAT(at) AS at, @@autocommit AS ac FROM seen';
    // Their transactions are open, and may be older than the table.
    for (const { dataSource } of [pair.from, pair.to]) await dataSource.query('COMMIT AND NO CHAIN NO RELEASE');
    // One of two rows, a character with blanks after it, in another time.
    expect(await pair.from.dataSource.query(sql)).toEqual([{ c: '612020', at: '2021-10-31 09:30:00', ac: 0 }]);
    expect(await pair.to.dataSource.query(sql)).toEqual([{ c: '61', at: '2021-10-30 22:00:00', ac: 0 }]);
  });
});
