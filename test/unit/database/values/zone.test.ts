import { toInstant, toWall, zoneOf } from '../../../../lib/database/values/zone.js';

const HOUR = 3_600_000_000n;
const at = (text: string) => BigInt(Date.parse(text)) * 1000n;

/** As in Vienna: two hours ahead from the last Sunday of March to that of October, else one. */
const vienna = {
  name: 'vienna',
  offsetAt: (ms: number) =>
    ms >= Date.parse('2024-03-31T01:00:00Z') && ms < Date.parse('2024-10-27T01:00:00Z') ? 120 : 60,
};

describe('dates and times without a zone', () => {
  it('are those of the clocks there', () => {
    expect(toWall(at('2024-07-01T10:00:00.123Z'), vienna)).toBe(at('2024-07-01T12:00:00.123Z'));
    expect(toInstant(at('2024-07-01T12:00:00Z') + 1n, vienna)).toBe(at('2024-07-01T10:00:00Z') + 1n);
    expect(toWall(at('1969-12-31T23:30:00Z') + 1n, vienna)).toBe(at('1970-01-01T00:30:00Z') + 1n);
    expect(toInstant(at('2024-01-01T12:00:00Z'), zoneOf('-03:30'))).toBe(at('2024-01-01T15:30:00Z'));
    expect(toWall(at('2024-01-01T12:00:00Z'), zoneOf('Z'))).toBe(at('2024-01-01T12:00:00Z'));
  });

  it('go both ways everywhere but where clocks are set back or forward', () => {
    for (let hour = -72n; hour < 72n; hour++) {
      for (const change of ['2024-03-31T01:00:00Z', '2024-10-27T01:00:00Z']) {
        const instant = at(change) + hour * HOUR;
        const shownTwice = change.includes('-10-') && (hour === -1n || hour === 0n);
        if (shownTwice) expect(() => toWall(instant, vienna)).toThrow(/show twice/);
        else expect(toInstant(toWall(instant, vienna), vienna)).toBe(instant);
      }
    }
    expect(() => toInstant(at('2024-03-31T02:30:00Z'), vienna)).toThrow(/show twice or skip/);
  });
});
