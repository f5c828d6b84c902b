import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { CliHost } from '../fixtures/cli.js';
import { Redis } from '../fixtures/redis.mjs';
import { forget } from '../fixtures/redis-keys.js';
import { describeWithRedis } from '../fixtures/with-redis.js';

describe('What an application does by itself, under the command line', () => {
  let host: CliHost;
  let env: Record<string, string>;
  const vault = () => join(host.folder, 'vault');
  const run = (...args: string[]) => host.run([...args, '--app', host.app], { env });
  const archives = () => readdirSync(vault()).filter((name) => name.endsWith('.zip'));

  beforeEach(async () => {
    host = await CliHost.make();
    mkdirSync(vault());
    env = { HOST_VAULTS: JSON.stringify({ vault: vault() }) };
  });
  afterEach(() => host.remove());

  it('it does not: no backup of a schedule stands in the way of a restore, or is the latest', async () => {
    const due = { name: 'due', cron: '* * * * * *', destinations: ['vault'] };
    const missed = { name: 'missed', cron: '0 0 1 1 *', destinations: ['vault'] };
    env.HOST_SCHEDULES = JSON.stringify([due, missed]);
    const { database } = await host.state();
    expect(await run('create', '--to', 'vault')).toMatchObject({ code: 0 });
    expect(archives()).toHaveLength(1);
    await host.database.query('DELETE FROM note');
    const restored = await run('restore', 'vault:latest', '--replace');
    expect(restored).toMatchObject({ code: 0, stderr: expect.not.stringContaining('backup.missing') });
    expect((await host.state()).database).toEqual(database);
    expect(archives()).toHaveLength(1);
  });

  describeWithRedis('with a queue', (url) =>
    it('it does not: no job is taken, and its schedules stay as they are', async () => {
      const [connection, prefix] = [{ url }, `test-${randomBytes(6).toString('hex')}`];
      const schedules = [{ cron: '0 3 * * *', destinations: ['vault'] }];
      env.HOST_QUEUE = JSON.stringify({ connection, prefix, schedules });
      const queue = new Queue('nestjs-backup', { connection, prefix });
      try {
        const { id } = await queue.add('backup', { destinations: ['vault'], initiator: { via: 'code' } });
        expect(await run('create', '--to', 'vault')).toMatchObject({ code: 0 });
        expect(await queue.getJobState(id!)).toBe('waiting');
        expect(await queue.getJobSchedulers()).toEqual([]);
        expect(archives()).toHaveLength(1);
      } finally {
        await queue.close();
        const redis = await Redis.connect(url);
        await forget(redis, prefix);
        redis.close();
      }
    }),
  );
});
