/** `3 Nov 2026, 02:00`, in the reader's zone or another one. */
export function timeText(at: Date, timeZone?: string): string {
  return at.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone });
}

/** The UTC time beside one of the reader's zone: only what differs. Null where both are the same. */
export function utcText(at: Date, timeZone?: string): string | null {
  const [local, utc] = [timeText(at, timeZone), timeText(at, 'UTC')];
  if (local === utc) return null;
  const [localDay, utcDay] = [local, utc].map((text) => text.slice(0, text.lastIndexOf(',')));
  return `${localDay === utcDay ? utc.slice(utc.lastIndexOf(',') + 2) : utc} UTC`;
}

/** A day of the reader's zone as `2026-11-03`, which sorts and compares. */
export function dayKey(at: Date): string {
  const [year, month, day] = [at.getFullYear(), at.getMonth() + 1, at.getDate()];
  return [String(year).padStart(4, '0'), ...[month, day].map((part) => String(part).padStart(2, '0'))].join('-');
}
