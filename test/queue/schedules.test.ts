import { setTimeout as sleep } from 'node:timers/promises';
import { AES_KEY } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';
import { describeWithRedis } from '../fixtures/with-redis.js';
import { Fleet, stored } from './fleet.js';

describeWithRedis('Schedules in a queue', (url) => {
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = await Fleet.gather(url);
  });
  afterEach(() => fleet.end());

  it('makes the backups of a schedule, and drops the schedules that are gone', async () => {
    const often = { name: 'often', cron: '* * * * * *', destinations: ['vault'], prune: true };
    const yearly = { name: 'yearly', cron: '0 0 1 1 *', destinations: ['vault'] };
    const options = { encryptionKey: AES_KEY, retention: { last: 1 } };
    const app = await fleet.start({ schedules: [often, yearly] }, options);
    const seen = new Set<string>();
    const three = async () => {
      for (const { manifest } of await stored(app)) seen.add(JSON.stringify(manifest!.scheduled));
      return seen.size >= 3;
    };
    await until('there were three', three, 15_000);
    for (const one of seen) {
      expect(JSON.parse(one)).toEqual({ schedule: 'often', scheduledAt: expect.stringMatching(/\.000Z$/) });
    }
    expect((await stored(app)).length).toBeLessThanOrEqual(2);
    const names = () => fleet.redis.ask('ZRANGE', `${fleet.prefix}:nestjs-backup:repeat`, 0, -1);
    expect(await names()).toEqual(['nestjs-backup-often', 'nestjs-backup-yearly']);

    const later = await fleet.start({ schedules: [yearly], worker: false });
    await until('one is gone', async () => String(await names()) === 'nestjs-backup-yearly', 10_000);
    await fleet.close(later);
    await fleet.start({ worker: false });
    await sleep(500);
    expect(await names()).toEqual(['nestjs-backup-yearly']);
  });

  it('drops no moment that has come and that nobody has taken yet, whoever starts meanwhile', async () => {
    const schedules = [{ name: 'often', cron: '* * * * * *', destinations: ['vault'] }];
    await fleet.start({ worker: false, schedules });
    const waiting = () =>
      fleet.redis.ask('ZRANGE', `${fleet.prefix}:nestjs-backup:delayed`, 0, -1) as Promise<string[]>;
    await until('it is there', async () => (await waiting()).length === 1, 10_000);
    const [job] = await waiting();
    await sleep(1_500);
    await fleet.start({ worker: false, schedules });
    await sleep(500);
    expect(await waiting()).toEqual([job]);
    const moment = new Date(Number(job!.split(':').at(-1))).toISOString();
    const worker = await fleet.start();
    const isMade = async () =>
      (await stored(worker)).some(({ manifest }) => manifest!.scheduled!.scheduledAt === moment);
    await until('it is made', isMade, 10_000);
  });

  it('brings a schedule back whose next job is lost', async () => {
    const schedules = [{ name: 'yearly', cron: '0 0 1 1 *', destinations: ['vault'] }];
    await fleet.start({ worker: false, schedules });
    const delayed = `${fleet.prefix}:nestjs-backup:delayed`;
    const count = async () => Number(await fleet.redis.ask('ZCARD', delayed));
    await until('it is there', async () => (await count()) === 1, 10_000);
    const [job] = (await fleet.redis.ask('ZRANGE', delayed, 0, -1)) as [string];
    await fleet.redis.ask('DEL', delayed, `${fleet.prefix}:nestjs-backup:${job}`);
    await fleet.start({ worker: false, schedules });
    await until('it is there again', async () => (await count()) === 1, 10_000);
  });
});
