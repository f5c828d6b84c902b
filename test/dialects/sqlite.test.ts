import BetterSqlite3 from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import initSqlJs, { type Database as SqlJsDatabase } from 'sql.js';
import { DataSource, type DataSourceOptions, EntitySchema } from 'typeorm';
import type { CatalogTable, Snapshot } from '../../lib/database/dialects/dialect.js';
import { sqliteDialect } from '../../lib/database/dialects/sqlite/index.js';

interface Line {
  model: string;
  pk: unknown;
  fields: Record<string, unknown>;
}

const KINDS = ['WAL file', 'rollback journal', ':memory:', 'sql.js'] as const;
type Kind = (typeof KINDS)[number];
const FILES = ['WAL file', 'rollback journal'] as const;
/** Longer than the library waits for a database that stays locked. */
const BUSY_TEST_MS = 40_000;

let directory: string;
const cleanups: Array<() => unknown> = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'nestjs-backup-dialect-'));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
  rmSync(directory, { recursive: true, force: true });
});

const databasePath = () => join(directory, 'app.sqlite');

async function connect(kind: Kind, options: object = {}): Promise<DataSource> {
  const own =
    kind === 'sql.js'
      ? { type: 'sqljs' }
      : {
          type: 'better-sqlite3',
          database: kind === ':memory:' ? kind : databasePath(),
          enableWAL: kind === 'WAL file',
        };
  const dataSource = await new DataSource({ ...own, ...options } as DataSourceOptions).initialize();
  cleanups.push(() => dataSource.isInitialized && dataSource.destroy());
  return dataSource;
}

async function open(dataSource: DataSource, signal?: AbortSignal): Promise<Snapshot> {
  const snapshot = await sqliteDialect(dataSource).snapshot({ choose: (tables) => tables, signal });
  cleanups.push(() => snapshot.close());
  return snapshot;
}

const table = (snapshot: Snapshot, name: string): CatalogTable => snapshot.tables.find((one) => one.name === name)!;

async function read(snapshot: Snapshot, name: string): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const { bytes, rows } of snapshot.lines(table(snapshot, name), name)) {
    const block = bytes.toString().trimEnd().split('\n');
    expect(block).toHaveLength(rows);
    for (const line of block) lines.push(JSON.parse(line));
  }
  return lines;
}

const fill = (rows: number, value = 'hex(randomblob(50))') =>
  `INSERT INTO t SELECT i, ${value} FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT i FROM n)`;

async function connectFilled(kind: Kind, rows: number, options?: object): Promise<DataSource> {
  const dataSource = await connect(kind, options);
  await dataSource.query('CREATE TABLE t (id integer PRIMARY KEY, v text)');
  await dataSource.query(fill(rows));
  return dataSource;
}

const copies = () => readdirSync(directory).filter((name) => name.includes('.backup-copy-'));
const openFiles = () =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return []; // The listing's own.
    }
  });

/** Runs a step every few milliseconds until stopped; the steps that were made. */
function repeat(every: number, step: () => unknown): { stop(): Promise<number> } {
  let running = true;
  let steps = 0;
  const loop = (async () => {
    for (; running; steps++) {
      await step();
      await sleep(every);
    }
    return steps;
  })();
  const stop = () => {
    running = false;
    return loop;
  };
  cleanups.push(stop);
  return { stop };
}

describe.each(KINDS)('a snapshot of SQLite (%s)', (kind) => {
  it('shows the moment of its opening, while the application writes on', async () => {
    const dataSource = await connectFilled(kind, 20_000);
    const snapshot = await open(dataSource);
    const writer = repeat(0, () => dataSource.query("INSERT INTO t (v) VALUES ('later')"));
    const lines = await read(snapshot, 't');
    expect(await writer.stop()).toBeGreaterThan(5);
    expect(lines).toHaveLength(20_000);
    expect(lines.filter(({ fields }) => fields.v === 'later')).toEqual([]);
  });

  it('does not contain what the application has not committed, and leaves its transaction alone', async () => {
    const dataSource = await connectFilled(kind, 10);
    await dataSource.query('BEGIN');
    await dataSource.query("INSERT INTO t (v) VALUES ('uncommitted')");
    const opening = open(dataSource);
    // In memory nothing else but the application's own view exists, so the snapshot waits.
    await sleep(150);
    await dataSource.query("INSERT INTO t (v) VALUES ('rolled back too')");
    await dataSource.query('ROLLBACK');
    expect(await read(await opening, 't')).toHaveLength(10);
    expect(await dataSource.query('SELECT count(*) AS n FROM t')).toEqual([{ n: 10 }]);
  });

  it('leaves the event loop to others while it reads', async () => {
    const snapshot = await open(await connectFilled(kind, 200_000));
    const begin = performance.now();
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    let rows = 0;
    for await (const block of snapshot.lines(table(snapshot, 't'), 't')) rows += block.rows;
    clearInterval(timer);
    expect(rows).toBe(200_000);
    expect(ticks).toBeGreaterThan((performance.now() - begin) / 50);
  });

  it('can be closed twice, and while a table is being read, which then does not look complete', async () => {
    const dataSource = await connectFilled(kind, 20_000);
    // SQLite keeps one descriptor of a file that the application has locked, and uses it again the next time.
    await (await open(dataSource)).close();
    const before = openFiles().length;
    const snapshot = await open(dataSource);
    const reader = snapshot.lines(table(snapshot, 't'), 't')[Symbol.asyncIterator]();
    await reader.next();
    await snapshot.close();
    await snapshot.close();
    await expect(reader.next()).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(snapshot.select(table(snapshot, 't'), ['id'], 'id')).rejects.toMatchObject({ code: 'ABORTED' });
    expect(openFiles()).toHaveLength(before);
    expect(copies()).toEqual([]);
  });

  it('ends its statement when its reader stops early', async () => {
    const snapshot = await open(await connectFilled(kind, 20_000));
    for await (const _ of snapshot.lines(table(snapshot, 't'), 't')) break;
    expect(await read(snapshot, 't')).toHaveLength(20_000);
  });

  it('is aborted by its signal while it reads', async () => {
    const stop = new AbortController();
    const snapshot = await open(await connectFilled(kind, 20_000), stop.signal);
    const reading = read(snapshot, 't');
    stop.abort();
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('keeps a byte order mark, NULs and invalid UTF-8, also where a replacement character is meant', async () => {
    const dataSource = await connect(kind);
    const texts = ['efbbbf41', '610062', 'ff00fe', 'eda080', 'efbfbd', 'efbfbdff'];
    await dataSource.query('CREATE TABLE t (id integer PRIMARY KEY, v text)');
    for (const hex of texts) await dataSource.query(`INSERT INTO t (v) VALUES (CAST(x'${hex}' AS TEXT))`);
    const values = (await read(await open(dataSource), 't')).map(({ fields }) => fields.v as string | { t: string });
    const bytes = values.map((v) => (typeof v === 'string' ? Buffer.from(v) : Buffer.from(v.t, 'base64')));
    expect(bytes.map((value) => value.toString('hex'))).toEqual(texts);
  });

  it('knows its tables as they are declared, whatever their names hold', async () => {
    const dataSource = await connect(kind);
    const wide = Array.from({ length: 300 }, (_, i) => `"c ${i}" int DEFAULT ${i}`).join(', ');
    await dataSource.query(`CREATE TABLE "a ""b"".c d" (${wide})`);
    await dataSource.query(`INSERT INTO "a ""b"".c d" DEFAULT VALUES`);
    await dataSource.query(
      'CREATE TABLE keyed (a int, b text, v int, d int AS (v * 2), PRIMARY KEY (b, a)) WITHOUT ROWID',
    );
    await dataSource.query("INSERT INTO keyed VALUES (1, 'x', 4)");
    await dataSource.query('CREATE TABLE strict (id integer PRIMARY KEY, any any, r real NOT NULL) STRICT');
    await dataSource.query("INSERT INTO strict VALUES (1, '5', 5), (2, 5, 5)");
    await dataSource.query('CREATE TABLE child (k text, n int, FOREIGN KEY (k, n) REFERENCES KEYED (b, a))');
    await dataSource.query('CREATE VIEW seen AS SELECT 1');
    const snapshot = await open(dataSource);

    expect(snapshot.server).toEqual({
      type: dataSource.options.type,
      version: (await dataSource.query('SELECT sqlite_version() AS v'))[0].v,
    });
    expect(snapshot.tables.map(({ schema, name }) => [schema, name])).toEqual([
      [null, 'a "b".c d'],
      [null, 'child'],
      [null, 'keyed'],
      [null, 'strict'],
    ]);
    const { primaryKey, columns } = table(snapshot, 'keyed');
    expect(primaryKey).toEqual(['b', 'a']);
    expect(columns.filter(({ generated }) => generated).map(({ name }) => name)).toEqual(['d']);
    expect(table(snapshot, 'strict').columns[2]).toEqual(
      expect.objectContaining({ name: 'r', encoding: 'real', nullable: false }),
    );
    expect(snapshot.foreignKeys.map(({ from, to }) => [from.name, to.name])).toEqual([['child', 'keyed']]);
    expect(Object.values((await read(snapshot, 'a "b".c d'))[0]!.fields)).toEqual(
      Array.from({ length: 300 }, (_, i) => i),
    );
    expect(await read(snapshot, 'keyed')).toEqual([{ model: 'keyed', pk: ['x', 1], fields: { v: 4 } }]);
    expect((await read(snapshot, 'strict')).map(({ fields }) => fields)).toEqual([
      { any: '5', r: '5' },
      { any: { i: '5' }, r: '5' },
    ]);
    expect(await snapshot.select(table(snapshot, 'strict'), ['id', 'any'], 'id')).toEqual([
      ['1', '5'],
      ['2', '5'],
    ]);
  });

  it('is refused its lock while somebody else in this process holds it', async () => {
    const dialect = sqliteDialect(await connect(kind));
    const lock = await dialect.lock();
    await expect(dialect.lock()).rejects.toMatchObject({ code: 'LOCKED' });
    expect(lock.lost.aborted).toBe(false);
    await lock.release();
    await lock.release();
    const next = await dialect.lock();
    await lock.release();
    await expect(dialect.lock()).rejects.toMatchObject({ code: 'LOCKED' });
    await next.release();
  });

  it('says that the database is unavailable when the application has closed it', async () => {
    const dataSource = await connect(kind);
    const dialect = sqliteDialect(dataSource);
    await dataSource.destroy();
    await expect(dialect.snapshot({ choose: (tables) => tables })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    if (kind !== 'sql.js') await expect(dialect.lock()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });
});

describe.each(FILES)('a snapshot of an SQLite file (%s)', (kind) => {
  it('opens although the application writes all the time, and shows a single moment', async () => {
    const dataSource = await connectFilled(kind, 30_000);
    await dataSource.query(fill(30_000, 'hex(randomblob(500))').replace('SELECT i,', 'SELECT i + 30000,'));
    await dataSource.query('CREATE TABLE a (money int)');
    await dataSource.query('CREATE TABLE z (money int)');
    await dataSource.query('INSERT INTO a VALUES (1000)');
    await dataSource.query('INSERT INTO z VALUES (0)');
    const writer = repeat(1, () =>
      dataSource.transaction(async (manager) => {
        await manager.query('UPDATE a SET money = money - 1');
        await sleep(1);
        await manager.query('UPDATE z SET money = money + 1');
      }),
    );
    await sleep(20);
    const snapshot = await open(dataSource);
    const money = async (name: string) => Number((await read(snapshot, name))[0]!.fields.money);
    const before = await money('a');
    expect(await read(snapshot, 't')).toHaveLength(60_000);
    expect(before + (await money('z'))).toBe(1000);
    expect(await writer.stop()).toBeGreaterThan(5);
  });

  it(
    'gives up, and leaves nothing, when the database stays locked by somebody else',
    async () => {
      const dataSource = await connectFilled(kind, 10, {
        prepareDatabase: (database: BetterSqlite3.Database) => void database.pragma('busy_timeout = 3000'),
      });
      await dataSource.query('PRAGMA locking_mode = EXCLUSIVE');
      await dataSource.query("INSERT INTO t (v) VALUES ('takes the lock for good')");
      if (kind === 'WAL file') {
        // Only a change of mode takes a lock that readers feel.
        await dataSource.query('PRAGMA journal_mode = DELETE');
        await dataSource.query("INSERT INTO t (v) VALUES ('and again')");
      }
      let slowest = 0;
      let last = performance.now();
      const timer = setInterval(() => {
        slowest = Math.max(slowest, performance.now() - last);
        last = performance.now();
      }, 5);
      await expect(open(dataSource)).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
      clearInterval(timer);
      expect(slowest).toBeLessThan(1_000);
      expect(copies()).toEqual([]);
    },
    BUSY_TEST_MS,
  );

  it('says that the database is unavailable when its file is gone', async () => {
    const dataSource = await connectFilled(kind, 10);
    unlinkSync(databasePath());
    await expect(open(dataSource)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(sqliteDialect(dataSource).lock()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  it('removes copies that a killed backup left, and nothing else of a similar name', async () => {
    const dataSource = await connectFilled(kind, 10);
    writeFileSync(`${databasePath()}.backup-copy-0123456789abcdef`, 'stale');
    writeFileSync(`${databasePath()}.backup-copy-0123456789abcdef-journal`, 'stale');
    writeFileSync(`${databasePath()}.backup-copy-monday`, 'made by somebody');
    await open(dataSource);
    expect(copies()).toEqual([`${basename(databasePath())}.backup-copy-monday`]);
  });

  it('is refused its lock while another process holds it under another path, until that is killed', async () => {
    const dialect = sqliteDialect(await connectFilled(kind, 10));
    const link = join(directory, 'link.sqlite');
    symlinkSync(databasePath(), link);
    const script = `
      const lock = new (require('better-sqlite3'))(require('fs').realpathSync(process.argv[1]) + '.backup-lock');
      lock.exec('BEGIN EXCLUSIVE');
      console.log('held');
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['-e', script, link], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(holder.stdout, 'data');
      await expect(dialect.lock()).rejects.toMatchObject({ code: 'LOCKED' });
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
    await (await dialect.lock()).release();
    // Removing the file would let somebody else lock a new one of that name.
    expect(existsSync(`${databasePath()}.backup-lock`)).toBe(true);
  });

  it('reads a database that nothing was ever written to', async () => {
    expect((await open(await connect(kind))).tables).toEqual([]);
  });

  it('finds text again in a database that stores it as UTF-16', async () => {
    const dataSource = await connect(kind, {
      prepareDatabase: (database: BetterSqlite3.Database) => void database.exec("PRAGMA encoding = 'UTF-16le'"),
    });
    await dataSource.query('CREATE TABLE t (id integer PRIMARY KEY, v text, n integer)');
    await dataSource.query("INSERT INTO t VALUES (1, 'é \uFFFD 😀', 'word')");
    expect((await read(await open(dataSource), 't'))[0]!.fields).toEqual({ v: 'é \uFFFD 😀', n: { t: 'd29yZA==' } });
  });

  it('keeps tables of its own that a search index reads, and names the index, whose tables it leaves out', async () => {
    const dataSource = await connect(kind);
    await dataSource.query('CREATE TABLE posts_content (id integer PRIMARY KEY, body text)');
    await dataSource.query("CREATE VIRTUAL TABLE posts USING fts5(body, content='posts_content', content_rowid='id')");
    await dataSource.query('CREATE TABLE posts_rowid (id integer)');
    const snapshot = await open(dataSource);
    expect(snapshot.tables.map(({ name }) => name)).toEqual(['posts_content', 'posts_rowid']);
    expect(snapshot.caveats).toEqual([expect.stringContaining('"posts"')]);
  });
});

describe('copies of an SQLite file', () => {
  const ROWS = 20_000;

  /** An application with 20 MB, a copy of which has just begun. */
  async function beginCopy(signal?: AbortSignal) {
    const dataSource = await connectFilled('rollback journal', ROWS);
    await dataSource.query('UPDATE t SET v = hex(randomblob(500))');
    const other = new BetterSqlite3(databasePath());
    cleanups.push(() => other.close());
    const opening = open(dataSource, signal);
    opening.catch(() => {});
    while (copies().length === 0) await new Promise(setImmediate);
    // SQLite's own file beside it tells that pages are being written: some of twenty steps, one in a turn of the loop.
    while (!copies().some((name) => name.endsWith('-journal'))) await new Promise(setImmediate);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    return { dataSource, other, opening, copy: join(directory, copies()[0]!) };
  }

  it('are given up at once, and removed, when the signal aborts them', async () => {
    const stop = new AbortController();
    const { dataSource, other, opening } = await beginCopy(stop.signal);
    other.exec('BEGIN EXCLUSIVE');
    stop.abort();
    const begin = performance.now();
    await expect(opening).rejects.toMatchObject({ code: 'ABORTED' });
    expect(performance.now() - begin).toBeLessThan(800);
    expect(copies()).toEqual([]);
    other.exec('ROLLBACK');
    await dataSource.query("INSERT INTO t (v) VALUES ('the application goes on')");
  });

  it('are begun anew when a lock comes in between', async () => {
    const { other, opening, copy } = await beginCopy();
    other.exec('BEGIN EXCLUSIVE');
    await sleep(2_500);
    expect(existsSync(copy)).toBe(false);
    other.exec('ROLLBACK');
    expect(await read(await opening, 't')).toHaveLength(ROWS);
  });

  it('are not taken for whole when the application begins a transaction after a write has ended the first', async () => {
    const { dataSource, opening } = await beginCopy();
    await dataSource.query("INSERT INTO t (v) VALUES ('committed')");
    await dataSource.query('BEGIN');
    await dataSource.query("INSERT INTO t (v) VALUES ('uncommitted')");
    expect(await read(await opening, 't')).toHaveLength(ROWS + 1);
    await dataSource.query('ROLLBACK');
  });

  it('are an error when one disappears before it is read, since a missing one would look like an empty database', async () => {
    const { opening, copy } = await beginCopy();
    unlinkSync(copy);
    await expect(opening).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(copies()).toEqual([]);
  });
});

describe('databases attached to SQLite', () => {
  const noteIn = (database: string) =>
    new EntitySchema<{ id: number; text: string }>({
      name: 'Note',
      tableName: 'note',
      database,
      columns: { id: { type: 'integer', primary: true, generated: 'increment' }, text: { type: 'text' } },
    });
  const notesPath = () => join(directory, 'notes.sqlite');

  async function connectWithNotes(kind: Kind) {
    // TypeORM looks for the file beside the main one, which ':memory:' is not.
    const entities = [noteIn(kind === ':memory:' ? notesPath() : 'notes.sqlite')];
    const dataSource = await connect(kind, { entities, synchronize: true });
    await dataSource.getRepository('Note').save([{ text: 'one' }, { text: 'two' }]);
    return dataSource;
  }

  it.each(['WAL file', 'rollback journal', ':memory:'] as const)('are part of the snapshot (%s)', async (kind) => {
    const dataSource = await connectWithNotes(kind);
    const dialect = sqliteDialect(dataSource);
    const location = dialect.locate(dataSource.getMetadata('Note'));
    const snapshot = await open(dataSource);
    expect(location.schema).not.toBeNull();
    expect(snapshot.tables).toContainEqual(expect.objectContaining(location));
    expect((await read(snapshot, 'note')).map(({ fields }) => fields.text)).toEqual(['one', 'two']);
    expect(await snapshot.sequences(snapshot.tables)).toEqual([{ name: `${location.schema}.note`, value: '2' }]);
    expect(copies()).toEqual([]);
  });

  it('show the same moment as the main file, although both are written to', async () => {
    const dataSource = await connectWithNotes('rollback journal');
    const { schema } = sqliteDialect(dataSource).locate(dataSource.getMetadata('Note'));
    await dataSource.query('CREATE TABLE t (id integer PRIMARY KEY, v text)');
    await dataSource.query(fill(60_000));
    await dataSource.query('CREATE TABLE money (v int)');
    await dataSource.query('INSERT INTO money VALUES (1000)');
    await dataSource.query(`CREATE TABLE "${schema}".saved (v int)`);
    await dataSource.query(`INSERT INTO "${schema}".saved VALUES (0)`);
    const writer = repeat(60, () =>
      dataSource.transaction(async (manager) => {
        await manager.query('UPDATE money SET v = v - 1');
        await manager.query('UPDATE saved SET v = v + 1');
      }),
    );
    for (let round = 0; round < 8; round++) {
      const snapshot = await open(dataSource);
      const [money, saved] = [await read(snapshot, 'money'), await read(snapshot, 'saved')];
      expect(Number(money[0]!.fields.v) + Number(saved[0]!.fields.v)).toBe(1000);
      await snapshot.close();
    }
    await writer.stop();
  });

  it('are locked too, since they may be the main file of another application', async () => {
    const dialect = sqliteDialect(await connectWithNotes('rollback journal'));
    const other = sqliteDialect(await connect('rollback journal', { database: notesPath() }));
    const lock = await other.lock();
    await expect(dialect.lock()).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
    const both = await dialect.lock();
    await expect(other.lock()).rejects.toMatchObject({ code: 'LOCKED' });
    await both.release();
  });

  it.each(FILES)('may be attached by the preparation of every connection (%s)', async (kind) => {
    const extra = join(directory, 'extra.sqlite');
    const file = new BetterSqlite3(extra);
    if (kind === 'WAL file') file.pragma('journal_mode = WAL');
    file.exec("CREATE TABLE more (v text); INSERT INTO more VALUES ('there')");
    cleanups.push(() => file.close());
    const dataSource = await connect(kind, {
      prepareDatabase: (database: BetterSqlite3.Database) => void database.exec(`ATTACH '${extra}' AS extra`),
    });
    await dataSource.query('CREATE TABLE t (id integer)');
    expect((await read(await open(dataSource), 'more')).map(({ fields }) => fields.v)).toEqual(['there']);
  });

  it('are named when they exist in memory only', async () => {
    const dataSource = await connectFilled('rollback journal', 1);
    await dataSource.query("ATTACH ':memory:' AS scratch");
    const { caveats, tables } = await open(dataSource);
    expect(caveats).toEqual([expect.stringContaining('"scratch"')]);
    expect(tables).toHaveLength(1);
  });
});

describe('sql.js', () => {
  /** Old versions: integers are rounded whatever is asked for, and an export ends the transaction without a word. */
  async function oldVersion() {
    const sqlJs = await initSqlJs();
    class Old extends sqlJs.Database {
      override prepare(...parameters: Parameters<SqlJsDatabase['prepare']>) {
        const statement = super.prepare(...parameters);
        const get = statement.get.bind(statement);
        return Object.assign(statement, { get: (values: null) => get(values) });
      }
      override export() {
        try {
          this.exec('ROLLBACK');
        } catch {
          // There was none.
        }
        const image = super.export();
        this.exec('PRAGMA foreign_keys = OFF');
        return image;
      }
    }
    return { Database: Old };
  }

  it('of old versions keeps its transaction, its settings and the digits of its integers', async () => {
    const dataSource = await connect('sql.js', { driver: oldVersion });
    await dataSource.query('CREATE TABLE t (id integer PRIMARY KEY, v)');
    await dataSource.query(
      'INSERT INTO t (v) VALUES (9223372036854775807), (-9223372036854775808), (5), (5.0), (9e999)',
    );
    await dataSource.query('BEGIN');
    const opening = open(dataSource);
    await sleep(100);
    await dataSource.query('INSERT INTO t (v) VALUES (0)');
    await dataSource.query('ROLLBACK');
    const values = (await read(await opening, 't')).map(({ fields }) => fields.v);
    expect(values).toEqual([
      { i: '9223372036854775807' },
      { i: '-9223372036854775808' },
      { i: '5' },
      { r: '5' },
      { r: 'Infinity' },
    ]);
    expect(await dataSource.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
  });
});
