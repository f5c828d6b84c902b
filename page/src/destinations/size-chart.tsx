import type { StoredBackupItem } from '../../../lib/page/page-api.js';
import { countText, sizeText } from '../format/sizes.js';
import { chartOf } from './chart.js';

const day = (at: number) => new Date(at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });

/** Sizes of a destination's archives over time. */
export function SizeChart({ destination, items }: { destination: string; items: readonly StoredBackupItem[] }) {
  const points = items
    .filter((item) => item.destination === destination && item.result !== 'failed')
    .map(({ createdAt, bytes }) => ({ at: Date.parse(createdAt), bytes }));
  const chart = chartOf(points, 320, 80);
  if (!chart) return null;
  const { width, height, line, dots, largest, first, last } = chart;
  const sizes = points.map(({ bytes }) => bytes);
  const text = `Sizes of ${countText(points.length, 'backup')} from ${day(first)} to ${day(last)}: from ${sizeText(
    Math.min(...sizes),
  )} to ${sizeText(largest)}`;
  return (
    <figure class="chart">
      <svg role="img" aria-label={text} viewBox={`0 0 ${width} ${height}`}>
        <path class="axis" d={`M0 ${height - 1}H${width}`} />
        <path class="line" d={line} />
        {dots.map(({ x, y }) => (
          <circle key={`${x} ${y}`} cx={x} cy={y} r="2.5" />
        ))}
      </svg>
      <figcaption aria-hidden="true">
        <span>{day(first)}</span>
        <span>up to {sizeText(largest)}</span>
        <span>{day(last)}</span>
      </figcaption>
    </figure>
  );
}
