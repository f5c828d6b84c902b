import { setTimeout as sleep } from 'node:timers/promises';
import type { Snapshot } from '../../../lib/database/dialects/dialect.js';
import { describeMysqlEngines } from '../../fixtures/databases.js';
import { numbers } from '../../fixtures/mysql-numbers.js';
import { allowing } from '../../fixtures/wait.js';
import { find } from '../support/lines.js';
import { mysqlSuite } from './harness.js';

const LARGE_ROWS = 15_000;
/** Until the server has filled all buffers and waits for its reader. */
const STALL_MS = 500;

describeMysqlEngines('mysql reading', (engine) => {
  const { cleanup, dialect, goneAfter, query, watched } = mysqlSuite(engine);

  /** 120 MB: far more than sockets buffer. */
  beforeEach(() =>
    query(
      `CREATE TABLE t (id INT PRIMARY KEY, v TEXT) AS SELECT seq AS id, REPEAT('x', 8000) AS v FROM ${numbers(1, LARGE_ROWS)}`,
    ),
  );

  /** Opens a snapshot whose DataSource was there before, so that only the snapshot's own connection is new. */
  async function openedOver(signal?: AbortSignal): Promise<() => Promise<Snapshot>> {
    const prepared = await dialect();
    return async () => {
      const opened = await prepared.snapshot({ choose: (tables) => tables, signal });
      cleanup(() => opened.close());
      return opened;
    };
  }

  it('rejects when its connection is killed half-way', async () => {
    const { opened, ids } = await watched(await openedOver());
    const lines = opened.lines(find(opened, 't'), 't')[Symbol.asyncIterator]();
    await lines.next();
    expect(ids).toHaveLength(1);
    await query(`KILL ${ids[0]}`);
    await expect(drain(lines)).rejects.toMatchObject({ name: 'BackupError', code: 'DATABASE_UNAVAILABLE' });
    await expect(opened.sequences(opened.tables)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await opened.close();
    await opened.close();
  });

  it('rejects when its query is killed half-way', async () => {
    const { opened, ids } = await watched(await openedOver());
    const lines = opened.lines(find(opened, 't'), 't')[Symbol.asyncIterator]();
    await lines.next();
    await query(`KILL QUERY ${ids[0]}`);
    await expect(drain(lines)).rejects.toMatchObject({ name: 'BackupError', code: 'DATABASE_FAILED' });
  });

  it('frees the server within a second of a consumer that stops early', async () => {
    const { opened, ids } = await watched(await openedOver());
    for await (const block of opened.lines(find(opened, 't'), 't')) {
      expect(block.count).toBeGreaterThan(0);
      await sleep(STALL_MS);
      break;
    }
    expect(ids).toHaveLength(1);
    expect(await goneAfter(ids)).toBeLessThan(allowing(1_000));
    await opened.close();
  });

  it('frees the server within a second of an abort while nobody reads', async () => {
    const abort = new AbortController();
    const { opened, ids } = await watched(await openedOver(abort.signal));
    const lines = opened.lines(find(opened, 't'), 't')[Symbol.asyncIterator]();
    await lines.next();
    await sleep(STALL_MS);
    abort.abort();
    expect(await goneAfter(ids)).toBeLessThan(allowing(1_000));
    await expect(drain(lines)).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('goes no further than its consumer, and then to the end', async () => {
    const { opened, ids } = await watched(await openedOver());
    const lines = opened.lines(find(opened, 't'), 't')[Symbol.asyncIterator]();
    const first = await lines.next();
    await sleep(STALL_MS);
    const running = (await query('SHOW PROCESSLIST')).find(({ Id }) => String(Id) === ids[0]);
    expect(running).toMatchObject({ Command: 'Query', State: expect.stringMatching(/sending|writing/i) });
    expect((first.value as { count: number }).count + (await drain(lines))).toBe(LARGE_ROWS);
  });
});

async function drain(lines: AsyncIterator<{ count: number }>): Promise<number> {
  let rows = 0;
  for (let next = await lines.next(); !next.done; next = await lines.next()) rows += next.value.count;
  return rows;
}
