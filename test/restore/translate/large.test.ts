import { EntitySchema } from 'typeorm';
import { describeEngine, engine } from '../../fixtures/databases.js';
import { LoopWatch } from '../../fixtures/event-loop.js';
import { allowing } from '../../fixtures/wait.js';
import { Place } from './place.js';

const ROWS = process.env.TEST_LONG ? 500_000 : 20_000;
/** What a plan and a load may need at most beside what the process has already. */
const ROOM_BYTES = 300 * 1024 * 1024;

const bulk = new EntitySchema({
  name: 'Bulk',
  columns: {
    id: { type: 'bigint', primary: true },
    words: { type: 'varchar', length: 200 },
    weight: { type: 'double precision' },
    amount: { type: 'decimal', precision: 20, scale: 6 },
    parent: { type: 'bigint', nullable: true },
  },
});

describeEngine(`a table of ${ROWS} rows into another engine`, 'postgres', (postgres) => {
  const places: Place[] = [];
  afterEach(async () => {
    for (const place of places.splice(0)) await place.close();
  });

  it('goes over in constant memory, and lets the event loop turn', async () => {
    const here = await Place.open(engine('better-sqlite3'), [bulk]);
    const there = await Place.open(postgres, [bulk]);
    places.push(here, there);
    await here.database.query(`INSERT INTO bulk VALUES (1, 'row 1', 0.5, 0.5, NULL)`);
    for (let rows = 1; rows < ROWS; rows *= 2) {
      await here.database.query(`INSERT INTO bulk SELECT id + ${rows}, 'tab\t "quoted" row ' || (id + ${rows}),
        (id + ${rows}) / 8.0, id + ${rows}, id FROM bulk WHERE id <= ${ROWS - rows}`);
    }
    const archive = await here.archive();
    const before = process.memoryUsage().rss;
    let most = before;
    const sampling = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 50);
    const watch = new LoopWatch();
    const started = performance.now();
    const { translation } = await there.restore(archive);
    const seconds = (performance.now() - started) / 1000;
    clearInterval(sampling);
    const { longest } = watch.stop();
    console.info(
      `${ROWS} rows: ${seconds.toFixed(1)} s, ${((most - before) / 2 ** 20).toFixed(0)} MiB, longest turn ${longest.toFixed(0)} ms`,
    );
    expect(translation!.problems).toEqual([]);
    const [found] = await there.database.query('SELECT count(*)::int AS rows, sum(amount)::text AS sum FROM bulk');
    const sum = (BigInt(ROWS) * BigInt(ROWS + 1)) / 2n - 1n;
    expect(found).toEqual({ rows: ROWS, sum: `${sum}.500000` });
    expect(most - before).toBeLessThan(ROOM_BYTES);
    // A loaded machine may take its time; a plan in one go takes seconds.
    expect(longest).toBeLessThan(allowing(1_000));
  }, 300_000);
});
