import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BackupError, explain } from '../../lib/backup.errors.js';
import { sqliteRestore } from '../../lib/database/dialects/sqlite/restore/index.js';
import {
  batchesOf,
  columnsOf,
  Databases,
  dump,
  FILES,
  find,
  KINDS,
  loadAll,
  OTHERS,
  restore,
  ROWS,
  run,
  save,
  SCHEMA,
  triggerOrder,
} from './sqlite-restore.harness.js';

let databases: Databases;
beforeEach(() => (databases = new Databases()));
afterEach(() => databases.clean());

const enforced = async (dataSource: any) => (await dataSource.query('PRAGMA foreign_keys'))[0].foreign_keys;

describe.each(KINDS)('a restore [%s]', (kind) => {
  /** A database with rows, and another one with others. */
  async function both() {
    const [from, to] = [await databases.connect(kind, 'from'), await databases.connect(kind, 'to')];
    await run(from, ...SCHEMA, ...ROWS);
    await run(to, ...SCHEMA, ...OTHERS);
    return { from, to, saved: await save(from) };
  }

  it('makes the target what the source was: rows, triggers, counters', async () => {
    const { from, to, saved } = await both();
    const id = await restore(to, saved);
    expect(await dump(to)).toBe(await dump(from));
    expect(await triggerOrder(to)).toEqual(await triggerOrder(from));
    expect(await enforced(to)).toBe(1);
    await run(to, `INSERT INTO users (name) VALUES ('next')`);
    // The counter is beyond the deleted tail, and the triggers are back.
    expect(await to.query(`SELECT id, name FROM users WHERE id > 2`)).toEqual([{ id: 91, name: 'NEXT' }]);
    const restores = sqliteRestore(to);
    await restores.recover();
    expect(await restores.wasCommitted(id)).toBe(true);
    expect(await restores.wasCommitted(randomUUID())).toBe(false);
    await restores.forget(id);
    expect(await restores.wasCommitted(id)).toBe(false);
  });

  it('knows of no marks where there is no table of them, and makes none', async () => {
    const to = await databases.connect(kind);
    const restores = sqliteRestore(to);
    await restores.recover();
    expect(await restores.wasCommitted(randomUUID())).toBe(false);
    await restores.forget(randomUUID());
    expect(await to.query('SELECT name FROM sqlite_master')).toEqual([]);
  });

  it('says which tables hold rows, and never names its own', async () => {
    const { to, saved } = await both();
    await restore(to, saved);
    const session = await sqliteRestore(to).openRestore();
    const occupied = await session.occupied(session.tables);
    expect(occupied.map(({ name }) => name).sort()).toEqual([
      'choosy',
      'computed',
      'keyless',
      'log',
      'pairs',
      'strictly',
      'teams',
      'users',
    ]);
    expect(session.tables.map(({ name }) => name)).not.toContain('nestjs_backup_restore');
    expect(session.foreignKeys).toHaveLength(3);
    expect(session.server.type).toBe(kind === 'sql.js' ? 'sqljs' : 'better-sqlite3');
    await session.close();
    await session.close();
  });

  it('keeps the row order of tables without a key', async () => {
    const { to, saved } = await both();
    saved.tables.find(({ name }) => name === 'keyless')!.rows = Array.from({ length: 500 }, (_, at) => [
      `${(at * 7) % 11}`,
      at,
    ]);
    await restore(to, saved);
    const rows = await to.query('SELECT n FROM keyless ORDER BY rowid');
    expect(rows.map(({ n }: { n: number }) => n)).toEqual(Array.from({ length: 500 }, (_, at) => at));
  });

  it('never sets a counter below a key, and keeps that of a table that is only emptied', async () => {
    const { to, saved } = await both();
    saved.sequences = [{ name: 'users', value: '1' }];
    const [users] = saved.tables.filter(({ name }) => name === 'users');
    const session = await sqliteRestore(to).openRestore();
    await session.begin(randomUUID(), session.tables);
    await loadAll(session, {
      tables: [
        {
          ...users!,
          rows: [
            [0, 'zero', null, null],
            [7, 'seven', 0, null],
          ],
        },
      ],
      sequences: [],
    });
    await session.complete(saved.sequences);
    await session.commit();
    await session.close();
    const counters = await to.query('SELECT name, seq FROM sqlite_sequence ORDER BY name');
    expect(counters).toEqual([
      { name: 'log', seq: 1 },
      { name: 'never', seq: 1 },
      { name: 'users', seq: 7 },
    ]);
  });

  describe('leaves rows, triggers and counters as they were', () => {
    async function failing(
      job: (session: Awaited<ReturnType<ReturnType<typeof sqliteRestore>['openRestore']>>) => Promise<unknown>,
      signal?: AbortSignal,
    ) {
      const { to, saved } = await both();
      const before = await dump(to);
      const order = await triggerOrder(to);
      const id = randomUUID();
      const session = await sqliteRestore(to).openRestore(signal);
      let error: any;
      try {
        await session.begin(id, session.tables);
        await loadAll(session, { tables: saved.tables.filter(({ name }) => name !== 'users'), sequences: [] });
        await job(session);
      } catch (thrown) {
        error = thrown;
      }
      await session.close();
      expect(await dump(to)).toBe(before);
      expect(await triggerOrder(to)).toEqual(order);
      expect(await enforced(to)).toBe(1);
      expect(await sqliteRestore(to).wasCommitted(id)).toBe(false);
      return error;
    }
    const load = (name: string, rows: any[]) => (session: any) => {
      const table = find(session, name);
      return session.load(table, columnsOf(table), batchesOf(rows));
    };

    it('when it is closed', async () => {
      expect(await failing(async () => {})).toBeUndefined();
    });

    it('when it is told to go on after an error, which it refuses', async () => {
      const error = await failing(async (session) => {
        await load('users', [
          [0, 'a', null, null],
          [0, 'b', null, null],
        ])(session).catch(() => {});
        await session.commit();
      });
      expect(error).toMatchObject({ code: 'DATABASE_FAILED' });
    });

    it('when a foreign key is violated, by a loaded table or by one outside', async () => {
      const error = await failing(async (session) => {
        await load('users', [[0, 'secret', 12345, null]])(session);
        await session.complete([]);
      });
      expect(error).toMatchObject({
        code: 'RESTORE_FAILED',
        message: expect.stringMatching(/"users" refer to rows of "(users|teams)"/),
      });
      expect(error.message).not.toMatch(/secret|12345/);
    });

    it.each([
      [
        'choosy',
        [
          [10, 'secret'],
          [11, 'secret'],
        ],
        'choosy.v',
      ],
      [
        'computed',
        [
          [1001, 1],
          [1002, 555],
        ],
        'v < 100',
      ],
      ['strictly', [[1001, null, { t: 'c2VjcmV0' }, null, null, null]], 'strictly.n'],
      [
        'pairs',
        [
          ['secret', 1, 'a'],
          ['secret', 1, 'b'],
        ],
        'pairs.b, pairs.a',
      ],
      ['pairs', [['secret', null, 'a']], 'pairs.b'],
    ])('when a constraint of %s is violated', async (name, rows, constraint) => {
      const error = await failing(async (session) => {
        const table = find(session, name);
        await session.load(table, columnsOf(table), batchesOf(rows as any));
      });
      expect(error).toMatchObject({ code: 'RESTORE_FAILED', message: expect.stringContaining(constraint) });
      expect(error.message).toContain(`table "${name}"`);
      expect(error.message + String(error.cause) + JSON.stringify(error.cause)).not.toMatch(/secret|555/);
    });

    it('when the source of rows fails, whose error stays what it is', async () => {
      const broken = BackupError.archiveInvalid('broken');
      const error = await failing(async (session) => {
        const table = find(session, 'users');
        const source = (async function* () {
          yield [[0, 'a', null, null]];
          throw broken;
        })();
        await session.load(table, columnsOf(table), source as any);
      });
      expect(error).toBe(broken);
    });

    it('when it is aborted, at once, even if the source is stuck', async () => {
      const aborter = new AbortController();
      const started = performance.now();
      const error = await failing((session) => {
        const table = find(session, 'users');
        const stuck = (async function* () {
          yield [[0, 'a', null, null]];
          setTimeout(() => aborter.abort(), 20);
          await new Promise(() => {});
        })();
        return session.load(table, columnsOf(table), stuck as any);
      }, aborter.signal);
      expect(error).toMatchObject({ code: 'ABORTED' });
      expect(performance.now() - started).toBeLessThan(2_000);
      await expect(sqliteRestore(await databases.connect(kind)).openRestore(aborter.signal)).rejects.toMatchObject({
        code: 'ABORTED',
      });
    });
  });

  it('finds a table outside of its list that refers to rows which are no longer there', async () => {
    const { to } = await both();
    await run(to, `INSERT INTO teams VALUES (9, 500)`);
    const before = await dump(to);
    const session = await sqliteRestore(to).openRestore();
    await session.begin(randomUUID(), [find(session, 'users')]);
    await expect(session.complete([])).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringContaining('"teams" refer to rows of "users"'),
    });
    await session.close();
    expect(await dump(to)).toBe(before);
  });

  it('finds the event loop free', async () => {
    const rows = process.env.TEST_LONG ? 1_000_000 : 20_000;
    const to = await databases.connect(kind);
    await run(to, 'CREATE TABLE bulk (id integer PRIMARY KEY, filler text, n bigint)', 'CREATE INDEX by_n ON bulk (n)');
    await run(to, `INSERT INTO bulk VALUES (1, 'other', 1)`);
    const session = await sqliteRestore(to).openRestore();
    const bulk = find(session, 'bulk');
    await session.begin(randomUUID(), [bulk]);
    async function* source() {
      for (let at = 0; at < rows; at += 500) {
        yield Array.from({ length: 500 }, (_, index) => [at + index, 'x'.repeat(100), String(at + index)]);
      }
    }
    let slowest = 0;
    let ticks = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      slowest = Math.max(slowest, performance.now() - last);
      last = performance.now();
      ticks++;
    }, 1);
    await session.load(bulk, columnsOf(bulk), source());
    clearInterval(timer);
    expect(await session.count(bulk)).toBe(rows);
    await session.complete([]);
    await session.commit();
    await session.close();
    expect(ticks).toBeGreaterThan(5);
    expect(slowest).toBeLessThan(200);
    expect((await to.query('SELECT count(*) AS n FROM bulk'))[0].n).toBe(rows);
  }, 300_000);
});

describe.each([':memory:', 'sql.js'] as const)("the application's only connection [%s]", (kind) => {
  it('is refused while the application has a transaction open, which stays its own', async () => {
    const to = await databases.connect(kind);
    await run(to, 'CREATE TABLE t (id integer PRIMARY KEY)');
    const runner = to.createQueryRunner();
    await runner.startTransaction();
    await runner.query('INSERT INTO t VALUES (1)');
    const session = await sqliteRestore(to).openRestore();
    await expect(session.begin(randomUUID(), session.tables)).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
    await session.close();
    await runner.commitTransaction();
    expect(await to.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
    expect(await enforced(to)).toBe(1);
  }, 40_000);

  it('has its temporary triggers set aside, and its foreign keys left as they were', async () => {
    const [from, to] = [await databases.connect(kind), await databases.connect(kind)];
    for (const dataSource of [from, to]) {
      await run(dataSource, 'CREATE TABLE t (id integer PRIMARY KEY, v text)', 'CREATE TABLE other (v text)');
    }
    await run(from, `INSERT INTO t VALUES (1, 'a')`);
    await run(
      to,
      `CREATE TEMP TRIGGER spy AFTER INSERT ON main.t BEGIN INSERT INTO other VALUES ('x'); END`,
      'PRAGMA foreign_keys = OFF',
    );
    await restore(to, await save(from));
    expect(await to.query('SELECT v FROM other')).toEqual([]);
    await run(to, `INSERT INTO t VALUES (2, 'b')`);
    expect(await to.query('SELECT v FROM other')).toEqual([{ v: 'x' }]);
    expect(await enforced(to)).toBe(0);
  });
});

describe('what sql.js has restored', () => {
  it.each([true, false])('is saved to its file (autoSave %s)', async (autoSave) => {
    const location = databases.file('saved');
    const from = await databases.connect('sql.js', 'from');
    const to = await databases.connect('sql.js', 'to', { location, autoSave });
    for (const dataSource of [from, to]) await run(dataSource, 'CREATE TABLE t (id integer PRIMARY KEY)');
    await run(from, 'INSERT INTO t VALUES (1)');
    const id = await restore(to, await save(from));
    const again = await databases.connect('sql.js', 'again', { location });
    expect(await again.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
    expect(await sqliteRestore(again).wasCommitted(id)).toBe(true);
    await sqliteRestore(to).forget(id);
    const later = await databases.connect('sql.js', 'later', { location });
    expect(await sqliteRestore(later).wasCommitted(id)).toBe(false);
  });

  it('is of unknown outcome while it cannot be saved', async () => {
    let full = true;
    const images: Uint8Array[] = [];
    const autoSaveCallback = async (image: Uint8Array) => {
      if (full) throw new Error('no space');
      images.push(image);
    };
    const [from, to] = [
      await databases.connect('sql.js'),
      await databases.connect('sql.js', 'to', { autoSave: true, autoSaveCallback }),
    ];
    for (const dataSource of [from, to])
      (dataSource.driver as any).databaseConnection.exec('CREATE TABLE t (id integer PRIMARY KEY)');
    const saved = await save(from);
    const id = randomUUID();
    await expect(restore(to, saved, id)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    await expect(sqliteRestore(to).wasCommitted(id)).rejects.toThrow();
    full = false;
    expect(await sqliteRestore(to).wasCommitted(id)).toBe(true);
    expect(images).toHaveLength(1);
  });
});

describe('a database file', () => {
  it('in WAL mode is read on by the application meanwhile, with its old rows', async () => {
    const [from, to] = [await databases.connect('WAL file', 'from'), await databases.connect('WAL file', 'to')];
    await run(from, ...SCHEMA, ...ROWS);
    await run(to, ...SCHEMA, ...OTHERS);
    const saved = await save(from);
    const session = await sqliteRestore(to).openRestore();
    await session.begin(randomUUID(), session.tables);
    expect(await to.query('SELECT id FROM users')).toEqual([{ id: 500 }]);
    await loadAll(session, saved);
    expect(await to.query('SELECT id FROM users')).toEqual([{ id: 500 }]);
    expect(await enforced(to)).toBe(1);
    await session.complete(saved.sequences);
    await session.commit();
    expect(await to.query('SELECT id FROM users')).toEqual([{ id: 0 }, { id: 1 }, { id: 2 }]);
    await session.close();
  });

  it.each(FILES)(
    'that a writer holds is busy after a bounded time, with a free event loop [%s]',
    async (kind) => {
      const to = await databases.connect(kind);
      await run(
        to,
        'CREATE TABLE t (id integer PRIMARY KEY)',
        'INSERT INTO t VALUES (1)',
        'BEGIN IMMEDIATE',
        'DELETE FROM t',
      );
      let slowest = 0;
      let last = performance.now();
      const timer = setInterval(() => {
        slowest = Math.max(slowest, performance.now() - last);
        last = performance.now();
      }, 1);
      const started = performance.now();
      const session = await sqliteRestore(to).openRestore();
      await expect(session.begin(randomUUID(), session.tables)).rejects.toMatchObject({ code: 'DATABASE_BUSY' });
      clearInterval(timer);
      expect(performance.now() - started).toBeGreaterThan(5_000);
      expect(performance.now() - started).toBeLessThan(20_000);
      expect(slowest).toBeLessThan(100);
      await session.close();
      await run(to, 'ROLLBACK');
      expect(await to.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
    },
    40_000,
  );

  it.each(FILES)('is waited for, and none of it stays open or lies about afterwards [%s]', async (kind) => {
    const [from, to] = [await databases.connect(kind, 'from'), await databases.connect(kind, 'to')];
    for (const dataSource of [from, to]) await run(dataSource, 'CREATE TABLE t (id integer PRIMARY KEY)');
    const saved = await save(from);
    // Once without the table of marks, once with it.
    for (let round = 0; round < 2; round++) {
      await run(to, 'BEGIN IMMEDIATE');
      setTimeout(() => void run(to, 'COMMIT'), 300);
      await restore(to, saved);
    }
    const handles = readdirSync('/proc/self/fd').length;
    for (let round = 0; round < 5; round++) await restore(to, saved);
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(handles);
    expect(readdirSync(databases.directory).filter((name) => !/^(from|to)\.sqlite(-wal|-shm)?$/.test(name))).toEqual(
      [],
    );
  });

  it('that an application reads while the restore commits is tried again', async () => {
    const [from, to] = [
      await databases.connect('rollback journal', 'from'),
      await databases.connect('rollback journal', 'to'),
    ];
    const other = await databases.connect('rollback journal', 'to');
    for (const dataSource of [from, to]) await run(dataSource, 'CREATE TABLE t (id integer PRIMARY KEY)');
    await run(from, 'INSERT INTO t VALUES (1)');
    const saved = await save(from);
    const session = await sqliteRestore(to).openRestore();
    await session.begin(randomUUID(), session.tables);
    await loadAll(session, saved);
    await session.complete([]);
    await run(other, 'BEGIN', 'SELECT * FROM t');
    setTimeout(() => void run(other, 'COMMIT'), 300);
    await session.commit();
    await session.close();
    expect(await to.query('SELECT id FROM t')).toEqual([{ id: 1 }]);
  });

  it("never repeats what a function of the application's says about a row", async () => {
    const refuse = (n: unknown) => {
      if (Number(n) > 5) throw new Error(`secret ${String(n)}`);
      return 1;
    };
    const prepareDatabase = (database: any) => void database.function('fits', { deterministic: true }, refuse);
    const to = await databases.connect('WAL file', 'own', { prepareDatabase });
    await run(to, 'CREATE TABLE t (n int CHECK (fits(n)))', 'INSERT INTO t VALUES (2)');
    const saved = await save(to);
    saved.tables[0]!.rows.push([77]);
    const error: any = await restore(to, saved).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'RESTORE_FAILED', message: expect.stringContaining('table "t"') });
    expect(explain(error)).not.toMatch(/secret|77/);
    expect(await to.query('SELECT n FROM t')).toEqual([{ n: 2 }]);
  });

  it("uses the application's functions and collations where prepareDatabase gives them, and names a missing one", async () => {
    const prepareDatabase = (database: any) =>
      void database.function('even', { deterministic: true }, (n: any) => Number(BigInt(n) % 2n));
    const own = await databases.connect('WAL file', 'own', { prepareDatabase });
    const late = await databases.connect('WAL file', 'late');
    prepareDatabase((late.driver as any).databaseConnection);
    for (const dataSource of [own, late])
      await run(dataSource, 'CREATE TABLE t (n int CHECK (even(n) = 0))', 'INSERT INTO t VALUES (2)');
    const before = await dump(own);
    await restore(own, await save(own));
    expect(await dump(own)).toBe(before);
    await expect(restore(late, await save(late))).rejects.toMatchObject({
      message: expect.stringMatching(/table "t".*function: even/),
    });
    expect(await dump(late)).toBe(before);
  });
});

it('holds no batch longer than it needs it', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const to = await databases.connect(':memory:');
  await run(to, 'CREATE TABLE t (id integer PRIMARY KEY)');
  const session = await sqliteRestore(to).openRestore();
  await session.begin(randomUUID(), session.tables);
  const batches: Array<WeakRef<object>> = [];
  let held = 0;
  async function* source() {
    for (let at = 0; at < 100; at++) {
      const batch = [[at]];
      batches.push(new WeakRef(batch));
      yield batch;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
    held = batches.filter((batch) => batch.deref() !== undefined).length;
  }
  const table = find(session, 't');
  await session.load(table, columnsOf(table), source());
  await session.close();
  expect(batches).toHaveLength(100);
  expect(held).toBeLessThan(10);
});

describe('attached files', () => {
  async function attached(kind: (typeof FILES)[number] | ':memory:', name: string) {
    const dataSource = await databases.connect(kind, name);
    await run(dataSource, `ATTACH '${databases.file(`${name}-side`)}' AS side`);
    if (kind === 'WAL file') await run(dataSource, 'PRAGMA side.journal_mode = WAL');
    await run(
      dataSource,
      'CREATE TABLE t (id integer PRIMARY KEY)',
      'CREATE TABLE side.t (id integer PRIMARY KEY AUTOINCREMENT)',
    );
    await run(dataSource, 'CREATE TABLE side.child (t integer REFERENCES t (id))');
    await run(dataSource, 'CREATE TRIGGER side.more AFTER INSERT ON t BEGIN INSERT INTO child VALUES (NEW.id); END');
    return dataSource;
  }

  it('are restored together with the main one', async () => {
    const [from, to] = [await attached('rollback journal', 'from'), await attached('rollback journal', 'to')];
    await run(
      from,
      'INSERT INTO t VALUES (1)',
      'INSERT INTO side.t VALUES (2)',
      'DELETE FROM side.child',
      'DELETE FROM side.t',
      'INSERT INTO side.t VALUES (1)',
    );
    await restore(to, await save(from));
    expect(await dump(to)).toBe(await dump(from));
  });

  it.each(['WAL file', ':memory:'] as const)('are refused where a kill could tear them apart [%s]', async (kind) => {
    const to = await attached(kind, 'to');
    const before = await dump(to);
    const session = await sqliteRestore(to).openRestore();
    await expect(session.begin(randomUUID(), session.tables)).rejects.toMatchObject({ code: 'RESTORE_REFUSED' });
    await session.close();
    expect(await dump(to)).toBe(before);
    expect(readFileSync(join(databases.directory, 'to-side.sqlite')).length).toBeGreaterThan(0);
  });
});
