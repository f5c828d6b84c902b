import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../fixtures/chance.mjs';
import { describeEngine, type Engine, offered, type TestDatabase } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { temporaryDirectory } from '../fixtures/files.js';
import { momentsIn, Replicas, SHARED_ENGINES } from '../fixtures/replicas.js';
import { until } from '../fixtures/wait.js';

const { TEST_LONG, TEST_SEED } = process.env;
const REPLICAS = 3;
const EVERY_S = 2;
const MOMENTS = TEST_LONG ? 50 : 3;
const SCHEDULE = { name: 'often', cron: `*/${EVERY_S} * * * * *`, destinations: ['vault'] };

describe.each(everyday(offered(SHARED_ENGINES), 1))('%s', (name) =>
  describeEngine('Three replicas with one schedule', name, suite),
);

function suite(engine: Engine): void {
  const vault = temporaryDirectory();
  const seed = Number(TEST_SEED || Date.now() % 2 ** 31);
  const replicas = new Replicas('schedule-host.mjs');
  let database: TestDatabase;
  beforeAll(async () => {
    database = await engine.create();
    await database.query('CREATE TABLE note (id INTEGER PRIMARY KEY, text VARCHAR(20))');
  });
  afterAll(async () => {
    await replicas.killAll();
    await database.drop();
  });

  const start = (schedule: object = SCHEDULE) =>
    replicas.start({
      HOST_DATABASE: JSON.stringify(database.options),
      HOST_SCHEDULE: JSON.stringify(schedule),
      HOST_VAULT: vault.path,
    });
  const moments = async () => (await momentsIn(vault.path)).map(({ scheduledAt }) => scheduledAt).toSorted();

  it(`make one backup for each of ${MOMENTS} moments, though they are killed at random`, async () => {
    const chance = new Chance(seed);
    let up = await Promise.all(Array.from({ length: REPLICAS }, () => start()));
    const enough = async () => (await moments()).length >= MOMENTS;
    while (!(await enough())) {
      await sleep(chance.between(300, 2_500));
      const victim = chance.between(0, REPLICAS - 1);
      await replicas.kill(up[victim]!);
      up = up.with(victim, await start());
    }
    await replicas.killAll();
    const made = await moments();
    expect({ seed, made }).toEqual({ seed, made: [...new Set(made)] });
    const [first, last] = [made[0]!, made.at(-1)!].map((moment) => new Date(moment).getTime()) as [number, number];
    expect({ seed, count: made.length }).toEqual({ seed, count: (last - first) / (EVERY_S * 1_000) + 1 });
  }, 600_000);

  it('make up for a moment that was missed, once', async () => {
    const yearly = { ...SCHEDULE, name: 'yearly', cron: '0 0 1 1 *' };
    await Promise.all(Array.from({ length: REPLICAS }, () => start(yearly)));
    const january = (moment: string) => /-12-31T|-01-01T/.test(moment);
    await until('it is made up for', async () => (await moments()).some(january), 20_000);
    await sleep(2_000);
    expect((await moments()).filter(january)).toHaveLength(1);
  });
}
