import {
  formatDateTime,
  formatTime,
  parseDate,
  parseDateTime,
  parseTime,
  withinPrecision,
} from '../../../../lib/database/values/times.js';

describe('dates and times between engines', () => {
  it.each([
    '1970-01-01 00:00:00.000000',
    '1969-12-31 23:59:59.999999',
    '0001-01-01 00:00:00.000001',
    '9999-12-31 23:59:59.999999',
    '2024-02-29 12:34:56.789012',
  ])('reads and writes %s', (text) => expect(formatDateTime(parseDateTime(text).micros, 6)).toBe(text));

  it('reads what names its distance to UTC', () => {
    const { micros } = parseDateTime('2024-01-01 12:00:00');
    for (const text of [
      '2024-01-01T12:00:00Z',
      '2024-01-01 14:30:00+02:30',
      '2024-01-01 09:00:00.0-03',
      '2024-01-01 14:00+0200',
    ]) {
      expect(parseDateTime(text)).toEqual({ micros, zoned: true });
    }
  });

  it.each([
    '2023-02-29',
    '0000-01-01',
    '2024-13-01',
    '2024-1-1',
    '10000-01-01',
    '0044-03-15 BC',
    'infinity',
    '',
    '2024-00-10',
  ])('knows no day %j', (text) => expect(() => parseDate(text)).toThrow('are not dates'));

  it.each(['24:00:01x', '12:60:00', '12:00:60', '1:00:00', '12', 'noon', '12:00:00.1234567'])(
    'knows no time %j',
    (text) => expect(() => parseTime(text)).toThrow('are not times'),
  );

  it('keeps what is beyond a day, and below zero', () => {
    expect(formatTime(parseTime('-838:59:59'), 0)).toBe('-838:59:59');
    expect(formatTime(parseTime('24:00'), 3)).toBe('24:00:00.000');
    expect(() => parseDateTime('2024-01-01 24:00:00')).toThrow('are not times of day');
  });

  it('rounds nothing', () => {
    expect(withinPrecision(1_500_000n, 1, 'time(6)')).toBe(1_500_000n);
    expect(() => withinPrecision(1_500_001n, 3, 'datetime(6)')).toThrow(/3 digits.*datetime\(6\).*precision: 6/);
    expect(() => withinPrecision(-1n, 0, 'time(6)')).toThrow(/0 digits/);
  });
});
