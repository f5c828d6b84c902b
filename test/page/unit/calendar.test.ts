import { calendarOf } from '../../../page/src/destinations/calendar.js';
import { chartOf } from '../../../page/src/destinations/chart.js';
import { itemOf } from './states.js';

// A Wednesday, in the zone of the machine.
const today = new Date(2026, 10, 18, 9, 30);
const on = (month: number, day: number, hour = 2) => new Date(2026, month - 1, day, hour).toISOString();
const everything = { today, weeks: 2, readSince: -Infinity };

describe('the calendar of backups', () => {
  it('has weeks from Monday to Sunday, and ends with the one of today', () => {
    const days = calendarOf([], { ...everything, weeks: 6 });
    expect(days.map((week) => week.length)).toEqual([7, 7, 7, 7, 7, 7]);
    expect(days.flat().map(({ date }) => date.getDay())).toEqual(Array(6).fill([1, 2, 3, 4, 5, 6, 0]).flat());
    expect(days.flat().filter(({ isToday }) => isToday)).toEqual([days[5]![2]]);
  });

  it('counts good backups by the day of the reader, at its first and last minute too', () => {
    const items = [
      itemOf(new Date(2026, 10, 10, 0, 0).toISOString()),
      itemOf(new Date(2026, 10, 10, 23, 59).toISOString()),
    ];
    const good = calendarOf(items, everything)
      .flat()
      .filter(({ state }) => state === 'good');
    expect(good.map(({ date, good: count }) => [date.getDate(), count])).toEqual([[10, 2]]);
  });

  it('tells days with faulty backups, without any, and ahead from one another', () => {
    const items = [
      itemOf(on(11, 16)),
      itemOf(on(11, 13), { result: 'incomplete' }),
      itemOf(on(11, 12), { result: 'failed' }),
      itemOf(on(11, 11), { origin: 'foreign' }),
      itemOf(on(11, 10), { redacted: true }),
      itemOf(on(11, 9), { origin: 'unknown' }),
    ];
    expect(calendarOf(items, everything).map((week) => week.map(({ state }) => state))).toEqual([
      ['good', 'faulty', 'faulty', 'faulty', 'faulty', 'none', 'none'],
      ['good', 'none', 'ahead', 'ahead', 'ahead', 'ahead', 'ahead'],
    ]);
  });

  it('does not call a day empty that the list does not reach', () => {
    const items = [itemOf(on(11, 13))];
    const [week] = calendarOf(items, { ...everything, readSince: Date.parse(on(11, 13)) });
    expect(week!.map(({ state }) => state)).toEqual(['unread', 'unread', 'unread', 'unread', 'good', 'none', 'none']);
  });

  it('has every day once where the clocks change', () => {
    const days = calendarOf([], { today: new Date(2026, 3, 10, 9), weeks: 10, readSince: -Infinity }).flat();
    expect(new Set(days.map(({ date }) => date.toDateString())).size).toBe(70);
  });
});

describe('the chart of sizes', () => {
  it('goes from the oldest to the newest, and from zero to the largest', () => {
    const points = [
      { at: 3000, bytes: 50 },
      { at: 1000, bytes: 0 },
      { at: 2000, bytes: 100 },
    ];
    expect(chartOf(points, 110, 60)).toMatchObject({
      line: 'M5 55L55 5L105 30',
      dots: [
        { x: 5, y: 55 },
        { x: 55, y: 5 },
        { x: 105, y: 30 },
      ],
      largest: 100,
      first: 1000,
      last: 3000,
    });
  });

  it('needs two times', () => {
    expect(chartOf([], 100, 50)).toBeNull();
    expect(chartOf([{ at: 1, bytes: 1 }], 100, 50)).toBeNull();
    expect(
      chartOf(
        [
          { at: 1, bytes: 1 },
          { at: 1, bytes: 2 },
        ],
        100,
        50,
      ),
    ).toBeNull();
  });
});
