import { durationText, relativeText } from '../../../page/src/format/durations.js';
import { announcementOf, endText, starterText, workText } from '../../../page/src/format/runs.js';
import { countText, sizeText } from '../../../page/src/format/sizes.js';
import { dayKey, timeText, utcText } from '../../../page/src/format/times.js';
import { runOf } from './states.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a size on the page', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1 kB'],
    [1_234, '1.23 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [28_500_000, '28.5 MB'],
    [7.5e15, '7.5 PB'],
    [5e18, '5,000 PB'],
  ])('of %d bytes is %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it('of things is a count and a noun', () => {
    expect([0, 1, 3_580].map((count) => countText(count, 'row'))).toEqual(['0 rows', '1 row', '3,580 rows']);
    expect(countText(2, 'data directory', 'data directories')).toBe('2 data directories');
  });
});

describe('a duration on the page', () => {
  it.each([
    [-3, '0 s'],
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.6, '1 min'],
    [200, '3 min 20 s'],
    [HOUR - 1, '59 min 59 s'],
    [HOUR, '1 h'],
    [HOUR + 29, '1 h'],
    [2 * HOUR + 5 * MINUTE, '2 h 5 min'],
    [DAY - 1, '1 day'],
    [3 * DAY + 4 * HOUR, '3 days 4 h'],
  ])('of %d seconds is %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  it.each([
    [0, 'just now'],
    [-59, 'just now'],
    [30, 'in less than a minute'],
    [-MINUTE, '1 minute ago'],
    [-5 * MINUTE - 59, '5 minutes ago'],
    [-47 * HOUR, '47 hours ago'],
    [-2 * DAY, '2 days ago'],
    [3 * HOUR, 'in 3 hours'],
  ])('that is %d seconds away is %s', (seconds, text) => {
    expect(relativeText(1e12 + seconds * 1000, 1e12)).toBe(text);
  });
});

describe('a time on the page', () => {
  const at = new Date('2026-11-03T23:30:00Z');

  it('is of the zone, with UTC beside it', () => {
    expect(timeText(at, 'Europe/Berlin')).toBe('4 Nov 2026, 00:30');
    expect(utcText(at, 'Europe/Berlin')).toBe('3 Nov 2026, 23:30 UTC');
  });

  it('is beside UTC without the day where that is the same', () => {
    expect(utcText(at, 'America/New_York')).toBe('23:30 UTC');
  });

  it('has nothing beside it where the zone has UTC’s time', () => {
    expect(utcText(at, 'Africa/Abidjan')).toBeNull();
  });

  it('belongs to a day of the zone of the reader', () => {
    expect(dayKey(new Date(2026, 0, 5, 0, 0))).toBe('2026-01-05');
    expect(dayKey(new Date(2026, 0, 5, 23, 59))).toBe('2026-01-05');
  });
});

describe('a run on the page', () => {
  it('is announced anew with its phase and each quarter only', () => {
    const said = [0, 100, 249, 250, 499, 500, 760, 999].map((done) =>
      announcementOf(runOf({ phase: 'database', work: { done, total: 1000 } })),
    );
    expect([...new Set(said)]).toEqual([
      'Backup: Database, 0% done',
      'Backup: Database, 25% done',
      'Backup: Database, 50% done',
      'Backup: Database, 75% done',
    ]);
  });

  it('has no percentage without a total', () => {
    const run = runOf({ work: { done: 1500, total: null } });
    expect(announcementOf(run)).toBe('Backup: Database');
    expect(workText(run.work)).toBe('1.5 kB read');
  });

  it('is not done at its estimated end', () => {
    expect(workText({ done: 3000, total: 1000 })).toBe('99%, 3 kB of 1 kB');
  });

  it('tells who started it', () => {
    expect(starterText(runOf({ user: 'ops', via: 'cli' }))).toBe('started by ops on the command line');
    expect(starterText(runOf({ user: null, via: 'schedule' }))).toBe('started by a schedule');
  });

  it('tells how it ended, and of its start nothing', () => {
    const event = { id: '1', kind: 'test', state: 'success', error: null } as const;
    expect(endText(event)).toBe('Restore test has finished.');
    const error = { code: 'DATABASE_FAILED', message: 'The disk is full.' } as const;
    expect(endText({ ...event, state: 'failed', error })).toBe('Restore test has failed: The disk is full.');
    expect(endText({ ...event, state: 'started' })).toBeNull();
  });
});
