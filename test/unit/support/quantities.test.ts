import { count, duration, pluralize, size } from '../../../lib/support/quantities.js';

describe('Quantities', () => {
  it.each([
    [0, '0 B'],
    [61, '61 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1_390_071, '1.39 MB'],
    [999_600, '1 MB'],
    [2_600_000_000, '2.6 GB'],
    [7.5e18, '7,500 PB'],
  ])('of %i bytes are %s', (bytes, text) => {
    expect(size(bytes)).toBe(text);
  });

  it.each([
    [0, '0.0 s'],
    [420, '0.4 s'],
    [9_940, '9.9 s'],
    [9_960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 min 0 s'],
    [200_000, '3 min 20 s'],
    [3_599_700, '1 h 0 min'],
    [7_500_000, '2 h 5 min'],
  ])('of %i milliseconds are %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });

  it('of things are counted in English', () => {
    expect([count(1_234_567), pluralize(1, 'row'), pluralize(3580, 'row'), pluralize(0, 'file')]).toEqual([
      '1,234,567',
      '1 row',
      '3,580 rows',
      '0 files',
    ]);
  });
});
