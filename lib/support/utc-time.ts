const TIME = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** For a schema. */
export const UTC_TIME_PATTERN = TIME.source;

/** A moment in UTC as ISO 8601 writes it, to the second or finer; undefined for any other text, and for one that never was. */
export function parseUtcTime(text: string): Date | undefined {
  const [, day] = TIME.exec(text) ?? [];
  if (day === undefined) return undefined;
  const time = new Date(text);
  // A 30th of February would be the 2nd of March.
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(day) ? time : undefined;
}
