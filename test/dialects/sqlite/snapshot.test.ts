import { setTimeout as sleep } from 'node:timers/promises';
import { sqliteDialect } from '../../../lib/database/dialects/sqlite/index.js';
import { LoopWatch } from '../../fixtures/event-loop.js';
import { everyday } from '../../fixtures/everyday.js';
import { find, read } from '../support/lines.js';
import { KINDS, openFiles, sqliteSuite } from './harness.js';

const { connect, connectFilled, copies, open, repeat } = sqliteSuite();

describe.each(everyday(KINDS, 2))('a snapshot of SQLite (%s)', (kind) => {
  it('shows the moment of its opening, while the application writes on', async () => {
    const dataSource = await connectFilled(kind, 20_000);
    const snapshot = await open(dataSource);
    const writer = repeat(
      () => 0,
      () => dataSource.query("INSERT INTO t (v) VALUES ('later')"),
    );
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
    const watch = new LoopWatch();
    let rows = 0;
    for await (const block of snapshot.lines(find(snapshot, 't'), 't')) rows += block.count;
    expect(rows).toBe(200_000);
    expect(watch.stop().gaps.length).toBeGreaterThan((performance.now() - begin) / 50);
  });

  it('can be closed twice, and while a table is being read, which then does not look complete', async () => {
    const dataSource = await connectFilled(kind, 20_000);
    // SQLite keeps one descriptor of a file that the application has locked, and uses it again the next time.
    await (await open(dataSource)).close();
    const before = openFiles().length;
    const snapshot = await open(dataSource);
    const reader = snapshot.lines(find(snapshot, 't'), 't')[Symbol.asyncIterator]();
    await reader.next();
    await snapshot.close();
    await snapshot.close();
    await expect(reader.next()).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(snapshot.select(find(snapshot, 't'), ['id'], 'id')).rejects.toMatchObject({ code: 'ABORTED' });
    expect(openFiles()).toHaveLength(before);
    expect(copies()).toEqual([]);
  });

  it('ends its statement when its reader stops early', async () => {
    const snapshot = await open(await connectFilled(kind, 20_000));
    for await (const _ of snapshot.lines(find(snapshot, 't'), 't')) break;
    expect(await read(snapshot, 't')).toHaveLength(20_000);
  });

  it('is aborted by its signal while it reads', async () => {
    const stop = new AbortController();
    const snapshot = await open(await connectFilled(kind, 20_000), stop.signal);
    const reading = read(snapshot, 't');
    stop.abort();
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
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
