import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostProcess } from '../fixtures/host-process.js';
import { send } from '../fixtures/http-client.js';
import { Redis } from '../fixtures/redis.mjs';
import { BACKUP_KEY, secret } from '../fixtures/secrets.js';
import { describeWithRedis } from '../fixtures/with-redis.js';

/** One window that lasts from 1970 to after the next thousand years: no test meets its end. */
const ttl = 2 ** 45;
const WRONG = secret('a wrong backup key, number one');
/** Of this run: the Redis may be that of others, too. */
const named = (name: string) => `${name} ${randomUUID()}`;

describeWithRedis('Wrong keys of two processes with a storage in one Redis', (url) => {
  let files: string;
  let redis: Redis;
  let hosts: HostProcess[];
  let before: Set<string>;
  beforeAll(async () => {
    files = mkdtempSync(join(tmpdir(), 'backup-hosts-'));
    redis = await Redis.connect(url);
    before = new Set(await counters());
    const setup = { database: { type: 'sqljs' } as const, files, redis: url, wrongKeys: { ttl } };
    hosts = await Promise.all([HostProcess.start(setup), HostProcess.start(setup)]);
  });
  afterAll(async () => {
    for (const host of hosts) await host.kill();
    for (const counter of await own()) await redis.ask('DEL', counter);
    redis.close();
    rmSync(files, { recursive: true });
  });

  const counters = async () => (await redis.ask('KEYS', '{nestjs-backup:*')) as string[];
  const own = async () => (await counters()).filter((counter) => !before.has(counter));
  const ask = async (host: number, name: string, key: string) =>
    (await send(hosts[host]!.url, { body: { key, check: true }, headers: { 'x-name': name } })).status;

  it('are as many as those of one', async () => {
    const name = named('one by one');
    const statuses: number[] = [];
    for (const host of [0, 0, 0, 1, 1]) statuses.push(await ask(host, name, WRONG));
    expect(statuses).toEqual([403, 403, 403, 403, 403]);
    for (const host of [0, 1]) {
      expect(await ask(host, name, WRONG)).toBe(429);
      expect(await ask(host, name, BACKUP_KEY)).toBe(429);
    }
    expect(await ask(1, named('somebody else'), BACKUP_KEY)).toBe(200);
  });

  it('that come to both all at once are not more either', async () => {
    const name = named('all at once');
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => ask(index % 2, name, WRONG)));
    expect(answers.filter((status) => status === 403)).toHaveLength(5);
    expect(answers.filter((status) => status === 429)).toHaveLength(55);
  });

  it('leave counters that end by themselves and tell neither keys nor names', async () => {
    const name = named('a name that nobody else has');
    await ask(0, name, WRONG);
    const kept = await own();
    expect(kept.length).toBeGreaterThanOrEqual(2);
    for (const counter of kept) {
      expect(await redis.ask('PTTL', counter)).toBeGreaterThan(0);
      for (const known of [BACKUP_KEY, WRONG, name, '127.0.0.1']) expect(counter).not.toContain(known);
    }
  });
});
