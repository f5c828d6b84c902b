import { ScheduleModule } from '@nestjs/schedule';
import { BackupScheduleModule, type BackupScheduleOptions } from '../../lib/schedule/index.js';
import { temporaryDirectory } from '../fixtures/files.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';
import { scheduledApps, stored, YEARLY } from './support/scheduled-app.js';

const EVERY_SECOND = { cron: '* * * * * *', destinations: ['vault'] };

describe('A schedule', () => {
  const folder = temporaryDirectory();
  const { events, start } = scheduledApps();

  it('makes encrypted backups, says for which moment, and prunes', async () => {
    const store = await start(
      { schedules: [{ ...EVERY_SECOND, name: 'often', prune: true }] },
      { encryptionKey: async () => AES_KEY, retention: { last: 1 } },
    );
    const seen = new Set<string>();
    await until(
      'there were three',
      async () => {
        for (const { manifest } of await stored(store)) seen.add(manifest!.scheduled!.scheduledAt);
        return seen.size >= 3;
      },
      15_000,
    );
    const [newest, ...others] = await stored(store);
    expect(newest).toMatchObject({ encrypted: true, manifest: { scheduled: { schedule: 'often' } } });
    expect(others.length).toBeLessThanOrEqual(1);
  });

  it('of one module runs beside those of another, if it has another name', async () => {
    const more = (name: string) => BackupScheduleModule.forRoot({ schedules: [{ ...YEARLY, name }] });
    const both = (name: string) =>
      start(more('first'), { encryptionKey: AES_KEY }, [ScheduleModule.forRoot(), more(name)]);
    const store = await both('second');
    const names = async () => (await stored(store)).map(({ manifest }) => manifest!.scheduled!.schedule).toSorted();
    await until('both have made up for theirs', async () => (await stored(store)).length === 2, 10_000);
    expect(await names()).toEqual(['first', 'second']);
    await expect(both('first')).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/"schedules\[0\].name": "first" is there twice/),
    });
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('makes up for what was missed (catchUp: %s)', async (catchUp, count) => {
    const store = await start({ schedules: [{ ...YEARLY, catchUp }] }, { encryptionKey: AES_KEY });
    if (count > 0) await until('it is there', async () => (await stored(store)).length === count, 10_000);
    else await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await stored(store)).toHaveLength(count);
  });

  it('goes on after a key that could not be had', async () => {
    let asked = 0;
    const encryptionKey = async () => {
      if (asked++ === 0) throw new Error('the vault is sealed');
      return AES_KEY;
    };
    const store = await start({ schedules: [EVERY_SECOND] }, { encryptionKey });
    await until('a later one is stored', async () => (await stored(store)).length > 0, 15_000);
    expect(asked).toBeGreaterThan(1);
  });

  it('tests the newest backup of a destination, once for each moment', async () => {
    const restoreTests = [{ ...YEARLY, catchUp: true }];
    const vault = new MemoryDestination();
    const options = { encryptionKey: AES_KEY, destinations: { vault } };
    const replica = (schedule: BackupScheduleOptions) =>
      start(schedule, options, [ScheduleModule.forRoot()], folder.at('shared.sqlite'));
    const first = await replica({ restoreTests: [{ ...YEARLY, catchUp: false }] });
    const { id } = await first.store({ destinations: ['vault'], aesKey: AES_KEY });
    await Promise.all([replica({ restoreTests }), replica({ restoreTests })]);
    await until('it is tested', async () => (await stored(first))[0]!.testedAt !== null, 15_000);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await stored(first)).toMatchObject([{ id, restoreTests: [expect.stringContaining('.restore-test-')] }]);
    expect(events.filter((event) => event.startsWith('verify.'))).toEqual(['verify.started', 'verify.finished']);
  });

  it('goes on after a restore test that failed', async () => {
    const store = await start({ restoreTests: [EVERY_SECOND] });
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await store.store({ destinations: ['vault'] });
    await until('it is tested', async () => (await stored(store))[0]!.testedAt !== null, 15_000);
  });

  it('may store unencrypted backups when it is told to', async () => {
    const store = await start({ schedules: [YEARLY], allowPlaintext: true });
    await until('it is there', async () => (await stored(store)).length === 1, 10_000);
    expect((await stored(store))[0]).toMatchObject({ encrypted: false });
  });
});
