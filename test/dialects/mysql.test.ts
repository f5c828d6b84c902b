import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { DataSource, type DataSourceOptions, EntitySchema } from 'typeorm';
import type { CatalogTable, Snapshot } from '../../lib/database/dialects/dialect.js';
import { mysqlDialect } from '../../lib/database/dialects/mysql/index.js';
import { describeEngine, type TestDatabase } from '../fixtures/databases.js';

interface Line {
  model: string;
  pk: unknown;
  fields: Record<string, unknown>;
}

const BUSY_TEST_MS = 40_000;
const LARGE_ROWS = 15_000;
/** Until the server has filled all buffers and waits for its reader. */
const STALL_MS = 500;

describeEngine('mysql dialect', 'mariadb', (engine) => {
  let database: TestDatabase;
  const cleanups: Array<() => Promise<unknown>> = [];

  beforeEach(async () => {
    database = await engine.create();
    cleanups.push(() => database.drop());
  });

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  });

  const url = () => (database.options as { url: string }).url;

  async function dialect(options: object = {}) {
    const dataSource = new DataSource({ ...database.options, ...options } as DataSourceOptions);
    await dataSource.initialize();
    cleanups.push(() => dataSource.destroy());
    return mysqlDialect(dataSource);
  }

  /** A connection of the host's kind, with MySQL's import settings. */
  async function client(uri = url()): Promise<Connection> {
    const connection = await createConnection({ uri, supportBigNumbers: true, bigNumberStrings: true });
    connection.on('error', () => {});
    cleanups.push(async () => connection.destroy());
    await connection.query(`SET time_zone = '+00:00', sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'`);
    return connection;
  }

  async function snapshot(options: { signal?: AbortSignal; choose?: Choose; dataSource?: object } = {}) {
    const { choose = (tables) => tables, signal } = options;
    const opened = await (await dialect(options.dataSource)).snapshot({ choose, signal });
    cleanups.push(() => opened.close());
    return opened;
  }
  type Choose = (tables: readonly CatalogTable[]) => readonly CatalogTable[];

  /** 120 MB: far more than sockets buffer. */
  const fillLarge = () =>
    database.query(
      `CREATE TABLE t (id INT PRIMARY KEY, v TEXT) AS SELECT seq AS id, REPEAT('x', 8000) AS v FROM seq_1_to_${LARGE_ROWS}`,
    );

  const connectionIds = async () => {
    const rows = await database.query<{ id: string }>(
      'SELECT id FROM information_schema.processlist WHERE db = DATABASE()',
    );
    return new Set(rows.map(({ id }) => String(id)));
  };

  /** What `open` opened, and the server's ids of its connections. */
  async function watched<Opened>(open: () => Promise<Opened>): Promise<{ opened: Opened; ids: string[] }> {
    const before = await connectionIds();
    const opened = await open();
    return { opened, ids: [...(await connectionIds())].filter((id) => !before.has(id)) };
  }

  async function goneAfter(ids: readonly string[]): Promise<number> {
    const start = Date.now();
    for (;;) {
      const current = await connectionIds();
      if (!ids.some((id) => current.has(id))) return Date.now() - start;
      await sleep(20);
    }
  }

  describe('values', () => {
    /** Type, encoding, SQL expressions of the values. NULL is added to each. */
    const COLUMNS: ReadonlyArray<[type: string, encoding: string, ...values: string[]]> = [
      ['tinyint', 'integer', '-128', '127'],
      ['tinyint(1)', 'integer', 'false', 'true'],
      ['smallint unsigned', 'integer', '0', '65535'],
      ['mediumint', 'integer', '-8388608'],
      ['int', 'integer', '-2147483648', '2147483647'],
      ['int unsigned', 'integer', '4294967295'],
      ['int(8) zerofill', 'integer', '42', '0'],
      ['bigint', 'text', '-9223372036854775808', '9223372036854775807'],
      ['bigint unsigned', 'text', '18446744073709551615'],
      ['bigint(20) zerofill', 'text', '7'],
      ['decimal(65,30)', 'text', `'-${'9'.repeat(35)}.${'9'.repeat(30)}'`, `'0.${'0'.repeat(29)}1'`],
      ['decimal(10,2) zerofill', 'text', '1.5'],
      ['float', 'text', '16777216', '3.4028234e38', '1.17549435e-38', '1e-45', `'-0'`, '0.1'],
      ['float(7,2)', 'text', '99999.99', '0.1'],
      ['double', 'text', '1.7976931348623157e308', '5e-324', `'-0'`, '0.1', '-123456789.123456789'],
      ['double(10,3)', 'text', '1234567.891'],
      ['bit(1)', 'text', `b'0'`, `b'1'`],
      ['bit(64)', 'text', '18446744073709551615', '1'],
      ['year', 'text', '1901', '2155', '0'],
      ['date', 'text', `'0000-00-00'`, `'2024-00-00'`, `'2024-02-30'`, `'9999-12-31'`],
      ['time(6)', 'text', `'-838:59:59'`, `'838:59:58.999999'`, `'-00:00:00.000001'`],
      ['datetime(6)', 'text', `'0000-00-00 00:00:00'`, `'2024-02-30 23:59:59.999999'`, `'9999-12-31 00:00:00'`],
      ['timestamp(6)', 'text', `'0000-00-00 00:00:00'`, `'1970-01-01 00:00:01'`, `'2038-01-19 03:14:07.999999'`],
      ['char(6)', 'text', `'a'`, `''`, `'ä"\\\\'`],
      ['varchar(40)', 'text', `'😀 \\n\\t"\\\\/'`, `x'00'`, `x'efbfbd'`, `x'e280a8c28520'`, `'  '`, `x'1f7f'`],
      ['varchar(40)', 'text', `x'eda080'`, `x'61edbfbf62'`, `x'eda0bdf09f9880'`], // Single surrogates.
      ['varchar(40) character set utf8mb3', 'text', `'表é'`],
      ['varchar(300) character set latin1', 'text', `x'${allBytes().toString('hex')}'`],
      ['varchar(40) character set ucs2', 'text', `'表é'`, `x'd83d'`],
      ['varchar(40) character set utf16', 'text', `'😀'`],
      ['varchar(40) character set utf32', 'text', `'😀'`],
      ['varchar(40) character set ascii', 'text', `'plain "text"'`],
      ['varchar(40) character set cp1251', 'text', `'Привет'`],
      ['varchar(40) character set cp1251', 'base64', `'Привет'`, `x'98'`], // A code without a character.
      ['varchar(40) character set sjis', 'text', `'表示'`],
      ['varchar(40) character set sjis', 'base64', `'表示'`, `x'8540'`],
      ['varchar(40) character set cp932', 'base64', `x'eef9'`], // The second code of a character.
      ['longtext', 'text', `REPEAT('ü', 100000)`],
      ['json', 'text', `'{"b": 1.10, "a": [1e400, 12345678901234567890, "\\\\u0000"]}'`],
      ['uuid', 'text', 'UUID()'],
      ['inet6', 'text', `'2001:db8::ff00:42:8329'`],
      ["set('a','b','it''s')", 'text', `''`, `'a,it\\'s'`],
      ["enum('a','\"x\"')", 'text', `'"x"'`, '0'],
      ["enum('a','')", 'index', `'a'`, `''`, '0'],
      ['binary(4)', 'base64', `x'00'`],
      ['varbinary(300)', 'base64', `x'${allBytes().toString('hex')}'`, `x''`],
      ['longblob', 'base64', `REPEAT(x'ff00', 100000)`],
      ['geometry', 'hex', `ST_GeomFromText('POINT(1 2)', 4326)`, `ST_GeomFromText('LINESTRING(0 0,1e-9 1e9)')`],
      ['geometrycollection', 'hex', `ST_GeomFromText('GEOMETRYCOLLECTION(POINT(0 0),POLYGON((0 0,1 0,1 1,0 0)))', 7)`],
    ];

    it.each(['InnoDB', 'MyISAM'])('survive the way to lines and back, byte for byte (%s)', async (storage) => {
      const connection = await client();
      for (const [index, [type, , ...values]] of COLUMNS.entries()) {
        await connection.query(`CREATE TABLE t${index} (id INT PRIMARY KEY, v ${type} NULL) ENGINE ${storage}`);
        for (const [id, value] of ['NULL', ...values].entries()) {
          await connection.query(`INSERT INTO t${index} VALUES (${id}, ${value})`);
        }
        await connection.query(`CREATE TABLE copy${index} LIKE t${index}`);
      }
      const opened = await snapshot();
      for (const [index, [type, encoding, ...values]] of COLUMNS.entries()) {
        const column = find(opened, `t${index}`).columns[1]!;
        expect([type, column.encoding]).toEqual([type, encoding]);
        const lines = await read(opened, `t${index}`);
        expect(lines).toHaveLength(values.length + 1);
        for (const { pk, fields } of lines) {
          const [placeholder, value] = importable(type, encoding, fields.v as string | number | null);
          await connection.query(`INSERT INTO copy${index} VALUES (?, ${placeholder})`, [pk, value]);
        }
        const exact = type.startsWith('enum')
          ? ['v + 0']
          : /^(float|double)/.test(type)
            ? ['v * 1e0']
            : ['HEX(CONCAT(v))'];
        const dump = (table: string) => connection.query(`SELECT id, ${exact} AS v FROM ${table} ORDER BY id`);
        expect([type, (await dump(`copy${index}`))[0]]).toEqual([type, (await dump(`t${index}`))[0]]);
      }
    });

    it('are refused by name where no string stands for them', async () => {
      const connection = await client();
      await connection.query('CREATE TABLE pairs (v VARCHAR(9))');
      await connection.query('CREATE TABLE high (v VARCHAR(9) CHARACTER SET ascii)');
      await connection.query(`INSERT INTO pairs VALUES (x'eda0bdedb880')`);
      await connection.query(`INSERT INTO high VALUES (x'c3a9')`);
      for (const table of ['pairs', 'high']) {
        await expect(read(await snapshot(), table)).rejects.toMatchObject({
          code: 'DATABASE_FAILED',
          message: expect.stringContaining(`"${table}"`),
          cause: expect.objectContaining({ message: expect.stringContaining('"v"') }),
        });
      }
    });

    it('of 50 MB in one row arrive whole', async () => {
      await database.query('CREATE TABLE big (id INT PRIMARY KEY, a LONGBLOB, b LONGBLOB, c LONGTEXT, d LONGTEXT)');
      await database.query(
        `INSERT INTO big VALUES (1, REPEAT('\\0x', 6500000), REPEAT('b', 13000000), REPEAT('ü', 6500000), REPEAT('"', 13000000))`,
      );
      const [line] = await read(await snapshot(), 'big');
      const { a, b, c, d } = line!.fields as Record<string, string>;
      const found = [Buffer.from(a!, 'base64'), Buffer.from(b!, 'base64'), c!, d!].map(sha1);
      const [stored] = await database.query('SELECT SHA1(a) AS a, SHA1(b) AS b, SHA1(c) AS c, SHA1(d) AS d FROM big');
      expect(found).toEqual(Object.values(stored!));
    });

    it('do not depend on settings that the server gives its sessions', async () => {
      const connection = await client();
      await connection.query('CREATE TABLE t (id INT PRIMARY KEY, at TIMESTAMP(6), c CHAR(9), f DOUBLE, v VARCHAR(9))');
      await connection.query(`INSERT INTO t VALUES (1, NOW(6), 'a', 0.1, 'é'), (2, NOW(6), 'b', 1e300, '😀')`);
      const user = await createUser('GRANT SELECT ON', '.*');
      const hostile = {
        sql_select_limit: '1',
        time_zone: `'+09:00'`,
        sql_mode: `'ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH,ORACLE'`,
        character_set_results: `'latin1'`,
        autocommit: '0',
        max_statement_time: '0.001',
        lock_wait_timeout: '0',
        max_error_count: '0',
      };
      const settings = Object.entries(hostile).map(
        ([name, to]) => `${name} = IF(USER() LIKE '${user}%', ${to}, @@${name})`,
      );
      const [[before]] = (await connection.query('SELECT @@GLOBAL.init_connect AS sql_')) as unknown as [
        [{ sql_: string }],
      ];
      await connection.query('SET GLOBAL init_connect = ?', [`SET ${settings.join(', ')}`]);
      cleanups.push(() => connection.query('SET GLOBAL init_connect = ?', [before.sql_]));

      const [shown] = await (await client(urlOf(user))).query('SELECT id FROM t');
      expect(shown).toHaveLength(1); // The settings do bite.
      const asUser = await read(await snapshot({ dataSource: { url: urlOf(user) } }), 't');
      expect(asUser).toHaveLength(2);
      expect(asUser).toEqual(await read(await snapshot(), 't'));
    });
  });

  describe('catalog', () => {
    it('quotes names with backticks, dots, quotes and spaces, and keeps the order of composite keys', async () => {
      await database.query(
        'CREATE TABLE `we``ird."na me` (`a``.b` INT, `c "d"` INT, `e` INT, PRIMARY KEY (`c "d"`, `a``.b`))',
      );
      await database.query('INSERT INTO `we``ird."na me` VALUES (1, 2, 3)');
      const opened = await snapshot();
      const table = find(opened, 'we`ird."na me');
      expect(table.primaryKey).toEqual(['c "d"', 'a`.b']);
      expect(await read(opened, table.name)).toEqual([{ model: table.name, pk: [2, 1], fields: { e: 3 } }]);
      expect(await opened.select(table, ['e', 'a`.b'], 'c "d"')).toEqual([['3', '1']]);
    });

    it('includes invisible columns, and flags those that the server computes', async () => {
      await database.query(`CREATE TABLE g (id INT PRIMARY KEY, a INT INVISIBLE DEFAULT 7, b INT AS (id + 1) VIRTUAL,
        c INT AS (id + 2) STORED, s TIMESTAMP(6) GENERATED ALWAYS AS ROW START, e TIMESTAMP(6) GENERATED ALWAYS AS ROW END,
        PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING`);
      await database.query('INSERT INTO g (id) VALUES (1)');
      const opened = await snapshot();
      const { columns, caveats, primaryKey } = find(opened, 'g');
      const generated = columns.filter((column) => column.generated).map(({ name }) => name);
      expect([generated, primaryKey]).toEqual([['b', 'c', 's', 'e'], ['id']]);
      expect(caveats).toEqual([expect.stringContaining('history')]);
      expect(await read(opened, 'g')).toEqual([{ model: 'g', pk: 1, fields: { a: 7 } }]);
    });

    it('lists foreign keys, tables without key, and no views', async () => {
      await database.query('CREATE TABLE parent (a INT, b INT, PRIMARY KEY (a, b))');
      await database.query(
        'CREATE TABLE child (a INT, b INT, CONSTRAINT fk FOREIGN KEY (a, b) REFERENCES parent (a, b))',
      );
      await database.query('CREATE VIEW seen AS SELECT * FROM parent');
      await database.query('INSERT INTO child VALUES (NULL, 5)');
      const opened = await snapshot();
      expect(opened.tables.map(({ name }) => name)).toEqual(['child', 'parent']);
      const [from, to] = ['child', 'parent'].map((name) => ({ schema: null, name }));
      expect(opened.foreignKeys).toEqual([{ name: 'fk', from, to }]);
      expect(await read(opened, 'child')).toEqual([{ model: 'child', pk: null, fields: { a: null, b: 5 } }]);
    });

    it('covers other databases that an entity maps, and finds their tables by its location', async () => {
      const other = await engine.create();
      cleanups.push(() => other.drop());
      const name = new URL((other.options as { url: string }).url).pathname.slice(1);
      await other.query('CREATE TABLE elsewhere (id INT PRIMARY KEY AUTO_INCREMENT)');
      await other.query('INSERT INTO elsewhere VALUES (8)');
      const columns = { id: { type: Number, primary: true } };
      const entity = new EntitySchema({ name: 'Elsewhere', tableName: 'elsewhere', database: name, columns });
      const opened = await snapshot({ dataSource: { entities: [entity] } });
      expect(opened.tables.map(({ schema }) => schema)).toEqual([name]);
      const model = `${name}.elsewhere`;
      expect(await read(opened, 'elsewhere', model)).toEqual([{ model, pk: 8, fields: {} }]);
      expect(await opened.sequences(opened.tables)).toEqual([{ name: model, value: '9' }]);
    });

    it('names tables of engines without snapshots', async () => {
      await database.query('CREATE TABLE isam (id INT) ENGINE MyISAM');
      await database.query('CREATE TABLE inno (id INT)');
      const { tables } = await snapshot();
      expect(tables.map(({ caveats }) => caveats)).toEqual([[], [expect.stringMatching(/"isam".*MyISAM/)]]);
    });

    it('reads counters: above deleted rows, and of sequence objects', async () => {
      await database.query('CREATE TABLE n (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY)');
      await database.query('INSERT INTO n VALUES (18446744073709551000)');
      await database.query('DELETE FROM n');
      await database.query('CREATE SEQUENCE s START WITH 5 INCREMENT BY 3 CACHE 10');
      await database.query('SELECT NEXTVAL(s)');
      const opened = await snapshot();
      expect(await opened.sequences(opened.tables)).toEqual([
        { name: 'n', value: '18446744073709551001' },
        { name: 's', value: '35' },
      ]);
      expect(opened.server).toEqual({ type: 'mariadb', version: expect.stringMatching(/^\d+\.\d+/) });
    });
  });

  describe('snapshot', () => {
    it('shows one moment while money moves and rows come and go', async () => {
      await database.query('CREATE TABLE accounts (id INT PRIMARY KEY, balance INT, pad CHAR(200))');
      await database.query(`INSERT INTO accounts SELECT seq, 100, REPEAT('p', 200) FROM seq_1_to_5000`);
      await database.query('CREATE TABLE moves (id INT AUTO_INCREMENT PRIMARY KEY)');
      const writer = await client();
      let moving = true;
      let moves = 0;
      const move = async () => {
        for (; moving; moves++) {
          await writer.query('START TRANSACTION');
          await writer.query(`UPDATE accounts SET balance = balance - 1 WHERE id = ${1 + (moves % 2500)}`);
          await writer.query(`UPDATE accounts SET balance = balance + 1 WHERE id = ${5000 - (moves % 2500)}`);
          await writer.query('INSERT INTO moves VALUES ()');
          await writer.query(`DELETE FROM accounts WHERE id = ${6000 + moves}`);
          await writer.query(`INSERT INTO accounts VALUES (${6001 + moves}, 0, '')`);
          await writer.query('COMMIT');
        }
      };
      const mover = move();
      await sleep(100);
      const opened = await snapshot();
      const seen = moves;
      await sleep(200);
      const accounts = await read(opened, 'accounts', 'accounts', 20);
      const counted = await read(opened, 'moves');
      moving = false;
      await mover;
      expect(moves).toBeGreaterThan(seen + 10);
      expect(accounts.reduce((sum, { fields }) => sum + Number(fields.balance), 0)).toBe(500_000);
      expect(accounts).toHaveLength(5001);
      expect(Math.max(...accounts.map(({ pk }) => Number(pk)))).toBe(6000 + counted.length);
    });

    it.each(['TRUNCATE TABLE t', 'ALTER TABLE t ADD extra INT', 'DROP TABLE t'])('makes %s wait', async (sql) => {
      await database.query('CREATE TABLE t (id INT PRIMARY KEY)');
      await database.query('INSERT INTO t VALUES (1)');
      const opened = await snapshot();
      const other = await client();
      await other.query('SET SESSION lock_wait_timeout = 1');
      await expect(other.query(sql)).rejects.toMatchObject({ errno: 1205 });
      expect(await read(opened, 't')).toHaveLength(1);
      await opened.close();
      await other.query(sql);
    });

    it('has the tables and columns of its moment, locked, when the schema changes while it begins', async () => {
      await database.query('CREATE TABLE t (id INT PRIMARY KEY)');
      await database.query('INSERT INTO t VALUES (1)');
      let calls = 0;
      const opened = await snapshot({
        choose: (tables) => {
          if (calls++ === 0)
            runElsewhere(url(), 'ALTER TABLE t ADD late INT DEFAULT 9', 'CREATE TABLE latest (id INT)');
          return tables;
        },
      });
      expect(await read(opened, 't')).toEqual([{ model: 't', pk: 1, fields: { late: 9 } }]);
      const other = await client();
      await other.query('SET SESSION lock_wait_timeout = 1');
      await expect(other.query('TRUNCATE TABLE latest')).rejects.toMatchObject({ errno: 1205 });
    });

    it('waits for a table that is locked for a while', async () => {
      await database.query('CREATE TABLE t (id INT PRIMARY KEY)');
      const other = await client();
      await other.query('LOCK TABLES t WRITE');
      const opening = snapshot();
      await sleep(1_500);
      await other.query('INSERT INTO t VALUES (1)');
      await other.query('UNLOCK TABLES');
      expect(await read(await opening, 't')).toHaveLength(1);
    });

    it(
      'gives up on a table that stays locked, and says which',
      async () => {
        await database.query('CREATE TABLE free (id INT PRIMARY KEY)');
        await database.query('CREATE TABLE stuck (id INT PRIMARY KEY)');
        const other = await client();
        await other.query('LOCK TABLES stuck WRITE');
        await expect(snapshot()).rejects.toMatchObject({
          code: 'DATABASE_BUSY',
          message: expect.stringContaining('"stuck"'),
        });
      },
      BUSY_TEST_MS,
    );

    it('misses no column of a table whose definition cannot be read for a moment, chosen or not', async () => {
      await database.query('CREATE TABLE t (id INT PRIMARY KEY)');
      const other = await client();
      const replacing = other.query('CREATE OR REPLACE TABLE t AS SELECT SLEEP(6) AS s, 5 AS five');
      await sleep(300);
      const opened = await snapshot({ choose: () => [] });
      await replacing;
      expect(await opened.select(find(opened, 't'), ['five'], 'five')).toEqual([['5']]);
    });

    it('stops waiting for a locked table when it is aborted', async () => {
      await database.query('CREATE TABLE t (id INT PRIMARY KEY)');
      const other = await client();
      await other.query('LOCK TABLES t WRITE');
      const abort = new AbortController();
      const opening = snapshot({ signal: abort.signal });
      await sleep(500);
      const start = Date.now();
      abort.abort(new Error('the client left'));
      await expect(opening).rejects.toMatchObject({ code: 'ABORTED' });
      expect(Date.now() - start).toBeLessThan(500);
    });

    it.each(['GRANT SELECT (id) ON', 'GRANT INSERT ON'])(
      'refuses a table with too few privileges: %s',
      async (grant) => {
        await database.query('CREATE TABLE secret (id INT PRIMARY KEY, v INT)');
        const user = await createUser(grant, '.secret');
        await expect(snapshot({ dataSource: { url: urlOf(user) } })).rejects.toMatchObject({
          code: 'DATABASE_FAILED',
          message: expect.stringContaining('"secret"'),
        });
      },
    );

    it('says so when the server is not there', async () => {
      const dataSource = await new DataSource(database.options).initialize();
      cleanups.push(() => dataSource.destroy());
      Object.assign(dataSource.options, { url: 'mysql://root@127.0.0.1:1/nowhere' });
      const absent = mysqlDialect(dataSource);
      await expect(absent.snapshot({ choose: (tables) => tables })).rejects.toMatchObject({
        code: 'DATABASE_UNAVAILABLE',
      });
      await expect(absent.lock()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    });
  });

  describe('reading', () => {
    it('rejects when its connection is killed half-way', async () => {
      await fillLarge();
      const { opened, ids } = await watched(await openedOver());
      const lines = opened.lines(find(opened, 't'), 't')[Symbol.asyncIterator]();
      await lines.next();
      expect(ids).toHaveLength(1);
      await database.query(`KILL ${ids[0]}`);
      await expect(drain(lines)).rejects.toMatchObject({ name: 'BackupError', code: 'DATABASE_UNAVAILABLE' });
      await expect(opened.sequences(opened.tables)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
      await opened.close();
      await opened.close();
    });

    it('rejects when its query is killed half-way', async () => {
      await fillLarge();
      const { opened, ids } = await watched(await openedOver());
      const lines = opened.lines(find(opened, 't'), 't')[Symbol.asyncIterator]();
      await lines.next();
      await database.query(`KILL QUERY ${ids[0]}`);
      await expect(drain(lines)).rejects.toMatchObject({ name: 'BackupError', code: 'DATABASE_FAILED' });
    });

    it('frees the server within a second of a consumer that stops early', async () => {
      await fillLarge();
      const { opened, ids } = await watched(await openedOver());
      for await (const block of opened.lines(find(opened, 't'), 't')) {
        expect(block.rows).toBeGreaterThan(0);
        await sleep(STALL_MS);
        break;
      }
      expect(ids).toHaveLength(1);
      expect(await goneAfter(ids)).toBeLessThan(1_000);
      await opened.close();
    });

    it('frees the server within a second of an abort while nobody reads', async () => {
      await fillLarge();
      const abort = new AbortController();
      const { opened, ids } = await watched(await openedOver(abort.signal));
      const lines = opened.lines(find(opened, 't'), 't')[Symbol.asyncIterator]();
      await lines.next();
      await sleep(STALL_MS);
      abort.abort();
      expect(await goneAfter(ids)).toBeLessThan(1_000);
      await expect(drain(lines)).rejects.toMatchObject({ code: 'ABORTED' });
    });

    it('goes no further than its consumer, and then to the end', async () => {
      await fillLarge();
      const { opened, ids } = await watched(await openedOver());
      const lines = opened.lines(find(opened, 't'), 't')[Symbol.asyncIterator]();
      const first = await lines.next();
      await sleep(STALL_MS);
      const [{ state, command }] = await database.query(
        `SELECT state, command FROM information_schema.processlist WHERE id = ${ids[0]}`,
      );
      expect([command, state]).toEqual(['Query', expect.stringMatching(/sending|writing/i)]);
      expect((first.value as { rows: number }).rows + (await drain(lines))).toBe(LARGE_ROWS);
    });

    /** Opens a snapshot whose DataSource was there before, so that only the snapshot's own connection is new. */
    async function openedOver(signal?: AbortSignal): Promise<() => Promise<Snapshot>> {
      const prepared = await dialect();
      return async () => {
        const opened = await prepared.snapshot({ choose: (tables) => tables, signal });
        cleanups.push(() => opened.close());
        return opened;
      };
    }
  });

  describe('lock', () => {
    it('belongs to one holder of a database at a time, and to the next as soon as it is released', async () => {
      const [one, two] = [await dialect(), await dialect()];
      const lock = await one.lock();
      await expect(two.lock()).rejects.toMatchObject({ code: 'LOCKED' });
      await lock.release();
      await lock.release();
      expect(lock.lost.aborted).toBe(false);
      for (let round = 0; round < 20; round++) await (await two.lock()).release();
    });

    it('does not touch other databases', async () => {
      const lock = await (await dialect()).lock();
      const other = await engine.create();
      cleanups.push(() => other.drop());
      const otherLock = await (await dialect(other.options)).lock();
      await Promise.all([lock.release(), otherLock.release()]);
    });

    it('is free, and known as lost, when its connection is killed', async () => {
      const [one, two] = [await dialect(), await dialect()];
      const { opened: lock, ids } = await watched(() => one.lock());
      expect(ids).toHaveLength(1);
      await database.query(`KILL ${ids[0]}`);
      if (!lock.lost.aborted) await new Promise((resolve) => lock.lost.addEventListener('abort', resolve));
      expect(lock.lost.reason).toMatchObject({ code: 'LOCK_LOST' });
      await (await two.lock()).release();
      await lock.release();
    });
  });

  async function createUser(grant: string, on: string): Promise<string> {
    const name = new URL(url()).pathname.slice(1);
    const user = `u${createHash('sha1').update(name).digest('hex').slice(0, 12)}`;
    for (const host of ['%', 'localhost']) {
      await database.query(`CREATE USER '${user}'@'${host}' IDENTIFIED BY 'pw'`);
      cleanups.push(() => database.query(`DROP USER '${user}'@'${host}'`));
      await database.query(`${grant} \`${name}\`${on} TO '${user}'@'${host}'`);
    }
    return user;
  }

  const urlOf = (user: string) => Object.assign(new URL(url()), { username: user, password: 'pw' }).href;
});

function allBytes(): Buffer {
  return Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
}

const sha1 = (data: Buffer | string) => createHash('sha1').update(data).digest('hex');

function find({ tables }: Snapshot, name: string): CatalogTable {
  return tables.find((table) => table.name === name)!;
}

async function read(snapshot: Snapshot, name: string, model = name, delay = 0): Promise<Line[]> {
  const chunks: Buffer[] = [];
  let rows = 0;
  for await (const block of snapshot.lines(find(snapshot, name), model)) {
    chunks.push(block.bytes);
    rows += block.rows;
    if (delay) await sleep(delay);
  }
  const lines = Buffer.concat(chunks).toString('utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines).toHaveLength(rows);
  return lines.map((line) => JSON.parse(line) as Line);
}

async function drain(lines: AsyncIterator<{ rows: number }>): Promise<number> {
  let rows = 0;
  for (let next = await lines.next(); !next.done; next = await lines.next()) rows += next.value.rows;
  return rows;
}

/** The placeholder and the parameter that put an exported value back. */
function importable(type: string, encoding: string, value: string | number | null): [string, unknown] {
  if (value === null) return ['?', null];
  if (encoding === 'hex') return ['UNHEX(?)', value];
  if (encoding === 'base64') return ['?', Buffer.from(value as string, 'base64')];
  if (encoding === 'index' || type.startsWith('bit')) return ['CAST(? AS UNSIGNED)', value];
  return ['?', typeof value === 'string' && /\p{Cs}/u.test(value) ? surrogateBytes(value, type) : value];
}

function surrogateBytes(text: string, type: string): Buffer {
  if (type.includes('ucs2')) return Buffer.from(text, 'utf16le').swap16();
  return Buffer.concat(
    Array.from(text, (character) => {
      const code = character.codePointAt(0)!;
      const single = code >= 0xd800 && code < 0xe000;
      return single ? Buffer.from([0xed, 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f)]) : Buffer.from(character);
    }),
  );
}

/** Runs statements to their end while this process stands still. */
function runElsewhere(uri: string, ...statements: string[]): void {
  const script = `import('mysql2/promise').then(async ({ createConnection }) => {
    const connection = await createConnection(${JSON.stringify(uri)});
    for (const sql of ${JSON.stringify(statements)}) await connection.query(sql);
    await connection.end();
  })`;
  execFileSync(process.execPath, ['-e', script]);
}
