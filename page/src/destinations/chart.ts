export interface Point {
  /** In ms since 1970. */
  readonly at: number;
  readonly bytes: number;
}

export interface Chart {
  readonly width: number;
  readonly height: number;
  /** The `d` of a path. */
  readonly line: string;
  readonly dots: ReadonlyArray<{ readonly x: number; readonly y: number }>;
  readonly largest: number;
  readonly first: number;
  readonly last: number;
}

const PADDING = 5;

/** Sizes over time, from zero to the largest; null for less than two points, which are no course of anything. */
export function chartOf(points: readonly Point[], width: number, height: number): Chart | null {
  const sorted = points.toSorted((a, b) => a.at - b.at);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last || first.at === last.at) return null;
  const largest = Math.max(1, ...sorted.map(({ bytes }) => bytes));
  const dots = sorted.map(({ at, bytes }) => ({
    x: rounded(PADDING + ((at - first.at) / (last.at - first.at)) * (width - 2 * PADDING)),
    y: rounded(height - PADDING - (bytes / largest) * (height - 2 * PADDING)),
  }));
  const line = dots.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('');
  return { width, height, line, dots, largest, first: first.at, last: last.at };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
