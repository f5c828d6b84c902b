import { randomUUID } from 'node:crypto';
import type { RestoreSession } from '../../../../lib/database/dialects/restore-dialect.js';
import { sqliteRestore } from '../../../../lib/database/dialects/sqlite/restore/index.js';
import { archiveInvalid } from '../../../../lib/errors/archive-errors.js';
import { allowing } from '../../../fixtures/wait.js';
import { find } from '../../support/lines.js';
import { batchesOf, columnsOf, loadAll } from '../../support/saved.js';
import { KINDS, run } from '../harness.js';
import { dump, enforced, restoreSuite, triggerOrder } from './harness.js';

const { both, connect } = restoreSuite();

describe.each(KINDS)('a restore of SQLite leaves rows, triggers and counters as they were [%s]', (kind) => {
  async function failing(job: (session: RestoreSession) => Promise<unknown>, signal?: AbortSignal) {
    const { to, saved } = await both(kind);
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
    const broken = archiveInvalid('broken');
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
    expect(performance.now() - started).toBeLessThan(allowing(2_000));
    await expect(sqliteRestore(await connect(kind)).openRestore(aborter.signal)).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  it('finds a table outside of its list that refers to rows which are no longer there', async () => {
    const { to } = await both(kind);
    await run(to, `INSERT INTO teams VALUES (9, 500)`);
    const before = await dump(to);
    const session = await sqliteRestore(to).openRestore();
    await session.begin(randomUUID(), [find(session, 'users')]);
    await expect(session.complete([])).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
      message: expect.stringContaining('"teams" refer to rows of "users"'),
    });
    await session.close();
    expect(await dump(to)).toBe(before);
  });
});
