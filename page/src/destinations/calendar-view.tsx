import type { StoredBackupItem } from '../../../lib/page/page-api.js';
import { WEEKS } from '../backups/use-backups.js';
import { countText } from '../format/sizes.js';
import { Hidden } from '../parts/hidden.js';
import { useNow } from '../parts/use-now.js';
import { type CalendarDay, calendarOf, type DayState } from './calendar.js';

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MARKS: Readonly<Record<DayState, string>> = { good: '✓', faulty: '!', none: '–', ahead: '', unread: '?' };

/** Days with and without a good backup. */
export function Calendar({ items, readSince }: { items: readonly StoredBackupItem[]; readSince: number }) {
  const now = useNow(60_000);
  const weeks = calendarOf(items, { today: new Date(now), weeks: WEEKS, readSince });
  return (
    <section aria-labelledby="calendar">
      <h2 id="calendar">The last {WEEKS} weeks</h2>
      <table class="calendar">
        <caption class="visually-hidden">Days with and without a good backup that is stored</caption>
        <thead>
          <tr>
            {WEEKDAYS.map((name) => (
              <th key={name} scope="col">
                <abbr title={name}>{name.slice(0, 2)}</abbr>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weeks.map((week) => (
            <tr key={week[0]!.date.getTime()}>
              {week.map((one) => (
                <Day key={one.date.getTime()} {...one} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p class="legend">
        ✓ a good backup of this day is stored · ! only faulty ones · – none
        {readSince > -Infinity && ' · ? not listed that far back'}
      </p>
    </section>
  );
}

function Day({ date, state, good, isToday }: CalendarDay) {
  return (
    <td class={`${state}${isToday ? ' today' : ''}`} aria-current={isToday ? 'date' : undefined}>
      <span aria-hidden="true">
        {date.getDate()} <b>{MARKS[state]}</b>
      </span>
      <Hidden>
        {date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long' })}: {inWords(state, good)}
      </Hidden>
    </td>
  );
}

function inWords(state: DayState, good: number): string {
  switch (state) {
    case 'good':
      return countText(good, 'good backup');
    case 'faulty':
      return 'only faulty backups';
    case 'none':
      return 'no backup';
    case 'ahead':
      return 'not yet';
    case 'unread':
      return 'not listed';
  }
}
