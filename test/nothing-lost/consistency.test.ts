import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { RestoreService } from 'nestjs-backup';
import { readBackup } from '../fixtures/backup.js';
import { describeSomeEngines } from '../fixtures/databases.js';
import { Pair } from '../fixtures/pair.js';
import { allowing, until } from '../fixtures/wait.js';
import { imbalances, isAltered, moneyRows, moneySchema } from './support/money.js';
import { MoneyLoad } from './support/money-load.js';

const LOAD_S = process.env.TEST_LONG ? 60 : 2;
/** Between two backups: what waited for the first has its turn. */
const PAUSE_MS = 50;
const PATIENCE_MS = 45_000;
/** Of a machine that does other things, too. */
const SLOWEST_MS = 3_000;

describeSomeEngines(`${LOAD_S} s of moving money, inserting, deleting, truncating and altering`, 1, (engine) => {
  let pair: Pair;
  let load: MoneyLoad;

  beforeEach(async () => {
    pair = await Pair.open(engine, { schema: moneySchema(engine) });
    for (const statement of moneyRows()) await pair.source.query(statement);
    load = new MoneyLoad(engine, pair.from.dataSource);
  });
  afterEach(() => pair?.close());

  it(
    'leave every archive balanced, and every statement of the application done',
    async () => {
      let archives = 0;
      let last: Buffer | undefined;
      const end = Date.now() + LOAD_S * 1_000;
      // A busy machine may take longer to get to all of it.
      const missing = () => archives < 2 || !last || load.tally.truncates === 0 || load.tally.alters === 0;
      for (; Date.now() < end || (missing() && Date.now() < end + PATIENCE_MS); archives++) {
        const { stream } = await pair.from.service.create();
        await until('the application writes while nobody reads the archive', load.getsOn(), SLOWEST_MS);
        const archive = await buffer(stream);
        const backup = await readBackup(archive);
        expect(imbalances(backup)).toEqual([]);
        if (!isAltered(backup.manifest)) last = archive;
        await sleep(PAUSE_MS);
      }
      await load.stop();
      const { tally, slowest } = load;
      const figures = { archives, slowest: Math.round(slowest), ...tally };
      if (process.env.TEST_LONG) console.info(engine.name, JSON.stringify(figures));
      expect(archives).toBeGreaterThan(1);

      expect(slowest).toBeLessThan(allowing(SLOWEST_MS));
      expect(tally.truncates).toBeGreaterThan(0);
      expect(tally.alters).toBeGreaterThan(0);

      // Nothing was swallowed: what it committed is there, what it rolled back is not.
      const [{ n }] = (await pair.source.query('SELECT count(*) AS n FROM parcel')) as [{ n: unknown }];
      expect(Number(n)).toBe(tally.parcelsIn - tally.parcelsOut);

      await pair.to.get(RestoreService).restore(Readable.from([last!]), { replace: true });
      expect(imbalances(await pair.to.backUp())).toEqual([]);
    },
    (LOAD_S + 120) * 1_000,
  );
});
