import { findRun } from '../../lib/store/stored-runs.js';
import { MemoryDestination } from '../fixtures/memory-destination.js';
import { placeBackup } from '../fixtures/placed-backup.js';

describe('The backup of a moment', () => {
  const scheduled = { schedule: 'nightly', scheduledAt: '2026-03-01T03:00:00.000Z' };
  const later = (minutes: number) => new Date(Date.parse(scheduled.scheduledAt) + minutes * 60_000);
  let vault: MemoryDestination;
  let opened: string[];
  const find = async () => (await findRun(scheduled, [{ name: 'vault', destination: vault }]))[0]!.backup;
  beforeEach(() => {
    vault = new MemoryDestination();
    opened = [];
    const { open } = vault;
    vault.open = (name) => {
      opened.push(name);
      return open.call(vault, name);
    };
  });

  it.each([0.1, 500, -60])('is found when a clock says that it was begun %d minutes later', async (minutes) => {
    placeBackup(vault, later(5), { scheduled: { ...scheduled, schedule: 'hourly' } });
    const archive = placeBackup(vault, later(minutes), { scheduled });
    expect(await find()).toMatchObject({ archive, manifest: { scheduled } });
  });

  it('is looked for among those that were begun since, however many there are', async () => {
    for (let day = 2; day < 200; day++) placeBackup(vault, later(-day * 24 * 60), { scheduled });
    const archive = placeBackup(vault, later(1));
    expect(await find()).toBeUndefined();
    expect(opened).toEqual([`${archive}.json`]);
  });
});
