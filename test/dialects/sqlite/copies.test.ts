import { existsSync, unlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { read } from '../support/lines.js';
import { sqliteSuite } from './harness.js';

const { cleanup, connectFilled, copies, directory, file, open } = sqliteSuite();

describe('copies of an SQLite file', () => {
  const ROWS = 20_000;

  /** An application with 20 MB, a copy of which has just begun. */
  async function beginCopy(signal?: AbortSignal) {
    const dataSource = await connectFilled('rollback journal', ROWS);
    await dataSource.query('UPDATE t SET v = hex(randomblob(500))');
    const other = new BetterSqlite3(file());
    cleanup(() => other.close());
    const opening = open(dataSource, signal);
    opening.catch(() => {});
    while (copies().length === 0) await new Promise(setImmediate);
    // SQLite's own file beside it tells that pages are being written: some of twenty steps, one in a turn of the loop.
    while (!copies().some((name) => name.endsWith('-journal'))) await new Promise(setImmediate);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    return { dataSource, other, opening, copy: directory.at(copies()[0]!) };
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
