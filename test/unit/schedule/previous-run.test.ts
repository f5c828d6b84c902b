import { CronJob } from 'cron';
import { type CronTimes, previousRun } from '../../../lib/schedule/previous-run.js';

const timesOf = (cron: string, timeZone = 'UTC') =>
  CronJob.from({ cronTime: cron, onTick: () => {}, timeZone }).cronTime as unknown as CronTimes;

describe('The last moment of a cron expression', () => {
  it.each([
    ['0 3 * * *', '2026-11-23T12:00:00.000Z', '2026-11-23T03:00:00.000Z'],
    ['0 3 * * *', '2026-11-23T02:59:59.000Z', '2026-11-22T03:00:00.000Z'],
    ['0 3 * * *', '2026-11-23T03:00:00.000Z', '2026-11-23T03:00:00.000Z'],
    ['0 0 1 1 *', '2026-11-23T12:00:00.000Z', '2026-01-01T00:00:00.000Z'],
    ['0 0 29 2 *', '2026-11-23T12:00:00.000Z', '2024-02-29T00:00:00.000Z'],
    ['*/5 * * * * *', '2026-11-23T12:00:07.000Z', '2026-11-23T12:00:05.000Z'],
  ])('"%s" at %s is %s', (cron, now, expected) => {
    expect(previousRun(timesOf(cron), new Date(now))?.toISOString()).toBe(expected);
  });

  it('follows the time zone, also over the change to winter time', () => {
    const times = timesOf('0 3 * * *', 'Europe/Berlin');
    const at = (now: string) => previousRun(times, new Date(now))?.toISOString();
    expect(at('2026-10-24T12:00:00.000Z')).toBe('2026-10-24T01:00:00.000Z');
    expect(at('2026-10-25T12:00:00.000Z')).toBe('2026-10-25T02:00:00.000Z');
  });

  it.each([
    // Clocks go back from three to two at 01:00 UTC.
    ['30 2 * * *', '2026-10-25T00:35:00.000Z', '2026-10-25T00:30:00.000Z'],
    ['30 2 * * *', '2026-10-25T01:30:00.200Z', '2026-10-25T00:30:00.000Z'],
    ['30 2 * * *', '2026-10-25T01:31:00.000Z', '2026-10-25T00:30:00.000Z'],
    ['0 2 * * *', '2026-10-25T01:00:30.000Z', '2026-10-25T00:00:00.000Z'],
    ['15,45 2 * * *', '2026-10-25T01:50:00.000Z', '2026-10-25T00:45:00.000Z'],
    ['*/20 * * * *', '2026-10-25T01:25:00.000Z', '2026-10-25T01:20:00.000Z'],
  ])('"%s" at %s, in the hour that comes twice, is %s', (cron, now, expected) => {
    expect(previousRun(timesOf(cron, 'Europe/Berlin'), new Date(now))?.toISOString()).toBe(expected);
  });

  it('is the one that comes when a timer fires a little early', () => {
    const now = new Date('2026-11-23T02:59:59.900Z');
    expect(previousRun(timesOf('0 3 * * *'), now)?.toISOString()).toBe('2026-11-23T03:00:00.000Z');
  });
});
