import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Chance } from '../fixtures/chance.mjs';
import { describeEngine, type Engine, engine, offered, type TestDatabase } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';
import { temporaryDirectory } from '../fixtures/files.js';
import { RedisServer } from '../fixtures/redis-server.mjs';
import { momentsIn, type Replica, Replicas, SHARED_ENGINES } from '../fixtures/replicas.js';
import { secret } from '../fixtures/secrets.js';
import { describeUnless, itUnless, onlyInLongRuns } from '../fixtures/unless.js';
import { until } from '../fixtures/wait.js';

const { TEST_LONG, TEST_SEED } = process.env;
const { missing } = RedisServer;
/** BullMQ takes its time to connect again. */
const inLongRuns = itUnless(onlyInLongRuns);
const EVERY_S = 6;
const MOMENTS = TEST_LONG ? 50 : 3;
const SCHEDULE = { name: 'often', cron: `*/${EVERY_S} * * * * *`, timeZone: 'UTC', destinations: ['vault'] };
/** Of the rounds in which something is killed, every so many has the turn of Redis. */
const REDIS_EVERY = TEST_LONG ? 6 : 3;

if (missing) {
  describeUnless(missing, 'A fleet with one queue', () => suite(engine('better-sqlite3')));
} else {
  describe.each(everyday(offered(SHARED_ENGINES), 1))('%s', (name) =>
    describeEngine('A fleet with one queue', name, suite),
  );
}

function suite({ create }: Engine): void {
  const vault = temporaryDirectory();
  const seed = Number(TEST_SEED || Date.now() % 2 ** 31);
  const replicas = new Replicas('queue-host.mjs');
  let database: TestDatabase;
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start(secret(randomBytes(16).toString('hex')));
    database = await create();
    await database.query('CREATE TABLE note (id INTEGER PRIMARY KEY, text VARCHAR(20))');
  });
  afterAll(async () => {
    await replicas.killAll();
    await redis.stop();
    await database.drop();
  });

  const start = (worker: boolean, options: object = { schedules: [SCHEDULE] }) => {
    const queue = { connection: redis.connection, worker, takeOver: 2_000, backoff: 500, ...options };
    return replicas.start({
      HOST_DATABASE: JSON.stringify(database.options),
      HOST_QUEUE: JSON.stringify(queue),
      HOST_VAULT: vault.path,
    });
  };

  /** @returns the id of its job, or why there is none */
  async function enqueue(web: Replica): Promise<string> {
    const before = web.said.length;
    const answer = () => /^(?:enqueued|refused) (\S+)$/m.exec(web.said.slice(before))?.[1];
    web.child.stdin!.write('backup\n');
    await until('it is enqueued', () => answer() !== undefined, 20_000);
    return answer()!;
  }

  const moments = async () => {
    const ticks = (await momentsIn(vault.path)).filter(({ schedule }) => schedule === SCHEDULE.name);
    return ticks.map(({ scheduledAt }) => scheduledAt).toSorted();
  };
  const jobs = async () => {
    const asked = (await momentsIn(vault.path)).filter(({ schedule }) => schedule.startsWith('job-'));
    return asked.map(({ schedule }) => schedule.slice('job-'.length));
  };
  /** How many there are between the first one and the last. */
  const due = (made: readonly string[]) => {
    const [first, last] = [made[0]!, made.at(-1)!].map((moment) => new Date(moment).getTime()) as [number, number];
    return (last - first) / (EVERY_S * 1_000) + 1;
  };

  it(`makes one backup for each of ${MOMENTS} moments and each job, though workers and Redis are killed`, async () => {
    const chance = new Chance(seed);
    const web = await start(false);
    let workers: Replica[] = await Promise.all([start(true), start(true)]);
    const enqueued: string[] = [];
    let outages = 0;
    for (let round = 1; outages === 0 || (await moments()).length < MOMENTS; round++) {
      await sleep(chance.between(500, 3_500));
      if (round % 2 === 0) enqueued.push(await enqueue(web));
      if (round % REDIS_EVERY === 0) {
        outages++;
        await redis.kill();
        await sleep(chance.between(100, 1_500));
        await redis.resume();
      } else {
        const victim = chance.between(0, 1);
        await replicas.kill(workers[victim]!);
        workers = workers.with(victim, await start(true));
      }
    }
    const isComplete = async () => {
      const [made, asked] = [await moments(), await jobs()];
      return made.length >= due(made) && enqueued.every((id) => asked.includes(id));
    };
    await until('all that was put off is made', isComplete, 60_000).catch(() => {});
    expect(web.child.exitCode).toBeNull();
    await replicas.killAll();

    const [made, asked] = [await moments(), await jobs()];
    expect({ seed, made }).toEqual({ seed, made: [...new Set(made)] });
    expect({ seed, count: made.length }).toEqual({ seed, count: due(made) });
    expect({ seed, asked: asked.toSorted() }).toEqual({ seed, asked: enqueued.toSorted() });
    const told = web.said.match(/Redis does not answer/g) ?? [];
    expect(outages).toBeGreaterThan(0);
    expect(told.length).toBeLessThanOrEqual(outages);
  }, 900_000);

  it('does not lose a job whose workers die one after the other', async () => {
    const web = await start(false, { queue: 'deaths' });
    const jobId = await enqueue(web);
    for (let death = 0; death < 3; death++) {
      const worker = await start(true, { queue: 'deaths' });
      await until('it has the job', () => worker.said.includes('storing'), 30_000);
      await replicas.kill(worker);
    }
    const last = await start(true, { queue: 'deaths' });
    await until('it is made', async () => (await jobs()).includes(jobId), 30_000);
    for (const one of [web, last]) await replicas.kill(one);
  });

  inLongRuns('is told once of an outage, starts and closes in it, and goes on after it', async () => {
    const [web, leaving, worker] = await Promise.all([start(false), start(false), start(true)]);
    const told = (one: Replica) => one.said.match(/Redis does not answer/g)?.length ?? 0;
    await redis.kill();
    await until('they are told', () => [web, leaving, worker].every(told), 10_000);
    expect(await enqueue(web)).toBe('QUEUE_UNAVAILABLE');
    const [late, closing] = await Promise.all([start(true), start(true)]);
    await until('they are told', () => [late, closing].every(told), 10_000);
    for (const one of [closing, worker, leaving]) expect(await replicas.end(one, 'SIGTERM')).toBe(0);

    await redis.resume();
    // The longer it was away, the longer are the breaks after which BullMQ tries to connect: up to 20 seconds.
    await until('it is told', () => /Redis answers again/.test(web.said), 30_000);
    for (const one of [web, leaving, worker, late, closing]) {
      expect(told(one)).toBe(1);
      // Nor is it told by anybody else. What the first one says is up to how the connection broke.
      expect(one.said.match(/ECONNREFUSED/g)?.length ?? 0).toBeLessThanOrEqual(1);
    }
    const jobId = await enqueue(web);
    await until('it is made', async () => (await jobs()).includes(jobId), 60_000);
    for (const one of [web, late]) expect(await replicas.end(one, 'SIGTERM')).toBe(0);
  });
}
