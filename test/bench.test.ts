import { compareRuns, type Line, otherSizes } from '../scripts/bench/compare.mjs';

const row = (value?: number, more: Partial<Line> = {}): Line => ({ work: 'backup', peer: 'pg_dump', value, ...more });
const compared = (before: Line, after: Line) => compareRuns({ lines: [before] }, { lines: [after] })[0];

/** The comparison of `npm run bench -- --compare`. */
describe('A run of the benchmark, compared with a saved one', () => {
  it.each([
    ['has lost with a ratio more than 5 % higher', 1.06, true],
    ['has not lost with a ratio 5 % higher', 1.05, false],
    ['has not lost with a lower ratio', 0.5, false],
  ])('%s', (_title, factor, lost) => {
    const change = compared(row(0.8), row(0.8 * factor));
    expect(change).toMatchObject({ work: 'backup', peer: 'pg_dump', before: 0.8, lost });
    expect(change?.change).toBeCloseTo(factor - 1);
  });

  it('has lost with a lower value where more is better', () => {
    const more = { moreIsBetter: true };
    expect(compared(row(0.7, more), row(0.66, more))).toMatchObject({ lost: true });
    expect(compared(row(0.7, more), row(0.9, more))).toMatchObject({ lost: false });
  });

  it('finds a row by its task and its baseline', () => {
    const other = row(5, { peer: 'pg_dump -Z3' });
    const alone = row(70, { work: 'memory', peer: undefined });
    const changes = compareRuns({ lines: [alone, other, row(2)] }, { lines: [row(1), alone, row(3, { work: 'new' })] });
    expect(changes).toEqual([
      { work: 'backup', peer: 'pg_dump', before: 2, after: 1, change: -0.5, lost: false },
      { work: 'memory', peer: undefined, before: 70, after: 70, change: 0, lost: false },
      { work: 'new', peer: 'pg_dump', before: undefined, after: 3, change: undefined, lost: false },
    ]);
  });

  it('does not judge rows that were skipped in one of both, whatever the table says there', () => {
    const skipped = row(undefined, { ratio: '–' });
    expect(compared(skipped, row(1))).toMatchObject({ change: undefined, lost: false });
    expect(compared(row(1), skipped)).toMatchObject({ change: undefined, lost: false });
  });

  it('takes the ratio of the table where the saved run has no other value', () => {
    expect(compared(row(undefined, { ratio: '0.80' }), row(0.9))).toMatchObject({ before: 0.8, lost: true });
  });

  it('is not comparable when it measured other sizes, more or fewer rounds aside', () => {
    const saved = { rounds: 3, rows: 1000, memoryMb: [10, 100] };
    expect(otherSizes(saved, { rounds: 1, rows: 1000, memoryMb: [10, 100], sinkMb: 5 })).toEqual([]);
    expect(otherSizes(saved, { rounds: 3, rows: 2000, memoryMb: [10, 40] })).toEqual(['rows', 'memoryMb']);
  });
});
