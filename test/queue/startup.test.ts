import type { BackupModuleOptions } from 'nestjs-backup';
import { BackupQueue } from '../../lib/queue/index.js';
import { describeWithRedis } from '../fixtures/with-redis.js';
import { Fleet, settled, stored } from './fleet.js';

describeWithRedis('An application with a queue', (url) => {
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = await Fleet.gather(url);
  });
  afterEach(() => fleet.end());

  it('refuses destinations that are not there', async () => {
    const queue = (await fleet.start({ worker: false })).get(BackupQueue);
    await expect(queue.enqueue({ destinations: ['tape'] })).rejects.toMatchObject({ code: 'WRONG_USAGE' });
    await expect(queue.enqueue({ destinations: [] })).rejects.toMatchObject({ code: 'WRONG_USAGE' });
  });

  it.each<[string, object, BackupModuleOptions, RegExp]>([
    ['a worker without a key', {}, {}, /"encryptionKey": backups of the queue would be stored unencrypted/],
    ['no connection', { connection: null }, {}, /connection": there is none/],
    ['an address that is none', { connection: { url: 'redis:secret@host' } }, {}, /it is no URL of a Redis/],
    ['a colon in the name', { queue: 'a:b' }, {}, /queue": it is no name/],
    ['no word on who works', { worker: 'yes' }, {}, /worker": it is neither true nor false/],
    ['no attempt', { attempts: 0 }, {}, /attempts": it is no whole number, or too small/],
    ['a negative break', { backoff: -1 }, {}, /backoff": it is no whole number, or too small/],
    ['schedules that are no list', { schedules: {} }, {}, /schedules": it is no list/],
    ['no cron expression', { schedules: [{ cron: 'daily', destinations: ['vault'] }] }, {}, /time zone that is none/],
    [
      'a schedule to a destination that is not there',
      { worker: false, schedules: [{ cron: '0 3 * * *', destinations: ['tape'] }] },
      {},
      /destination "tape", and BackupModule has vault, nas/,
    ],
    [
      'a schedule that is to prune without a policy',
      { allowPlaintext: true, schedules: [{ cron: '0 3 * * *', destinations: ['vault'], prune: true }] },
      {},
      /"default" has prune: true, but no option "retention"/,
    ],
    [
      'a schedule that is to prune without a key',
      { allowPlaintext: true, schedules: [{ cron: '0 3 * * *', destinations: ['vault'], prune: true }] },
      { retention: { last: 1 } },
      /"default" has prune: true, but no key tells the backups/,
    ],
  ])('stops the application at startup: %s', async (_, queue, options, message) => {
    const error = await fleet.start(queue, options).then(
      () => null,
      (thrown: Error) => thrown,
    );
    expect(error).toMatchObject({ code: 'INVALID_OPTIONS', message: expect.stringMatching(message) });
    expect(error!.message).not.toContain('secret');
  });

  it('may store unencrypted backups when it is told to', async () => {
    const app = await fleet.start({ allowPlaintext: true }, {});
    const { jobId } = await app.get(BackupQueue).enqueue({ destinations: ['vault'] });
    await settled(app.get(BackupQueue), jobId);
    expect(await stored(app)).toMatchObject([{ encrypted: false }]);
  });
});
