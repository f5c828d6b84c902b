const [WIDTH, HEIGHT, MARGIN] = [420, 260, 48];
const COLOURS = { backup: '#1f77b4', restore: '#d62728' };
const PANELS = [
  { kind: 'rows', value: 'seconds', title: 'Time (s) by MB of rows', log: true },
  { kind: 'rows', value: 'megabytes', title: 'Memory over idle (MB) by MB of rows' },
  { kind: 'files', value: 'seconds', title: 'Time (s) by number of files', log: true },
  { kind: 'files', value: 'megabytes', title: 'Memory over idle (MB) by number of files' },
];

/** Time and memory against size, as SVG. @param points of the row about memory */
export function plot(points) {
  const panels = PANELS.map((panel, index) => {
    const place = `translate(${(index % 2) * WIDTH} ${Math.floor(index / 2) * HEIGHT})`;
    return `<g transform="${place}">${drawPanel(panel, points)}</g>`;
  });
  const size = `width="${2 * WIDTH}" height="${2 * HEIGHT}"`;
  const style = 'font-family="sans-serif" font-size="11" fill="#333"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}><rect ${size} fill="white"/>${panels.join('\n')}</svg>\n`;
}

function drawPanel({ kind, value, title, log }, points) {
  const own = points.filter((point) => point.kind === kind);
  if (own.length === 0) return '';
  const x = scale(
    own.map(({ size }) => size),
    MARGIN,
    WIDTH - 16,
    true,
  );
  const values = own.map((point) => point[value]);
  const y = scale(log ? values : [0, 80, ...values], HEIGHT - 32, 32, log);
  const parts = [text(WIDTH / 2, 18, title, 'middle', 'font-weight="bold"')];
  for (const tick of x.ticks) {
    parts.push(line(x.at(tick), 32, x.at(tick), HEIGHT - 32), text(x.at(tick), HEIGHT - 16, short(tick), 'middle'));
  }
  for (const tick of y.ticks) {
    parts.push(line(MARGIN, y.at(tick), WIDTH - 16, y.at(tick)), text(MARGIN - 6, y.at(tick) + 4, short(tick), 'end'));
  }
  Object.entries(COLOURS).forEach(([work, colour], index) => {
    const places = own.filter((point) => point.work === work).map((point) => [x.at(point.size), y.at(point[value])]);
    const dots = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`).join('');
    parts.push(`<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}`);
    parts.push(text(MARGIN + 8 + index * 60, 44, work, 'start', `style="fill:${colour}"`));
  });
  return parts.join('\n');
}

/** @param log by powers of ten, which are the ticks; else from the least to the most, in five steps */
function scale(values, from, to, log) {
  const of = log ? (value) => Math.log10(Math.max(value, 1e-3)) : (value) => value;
  const [low, high] = [Math.min(...values.map(of)), Math.max(...values.map(of))];
  const [first, last] = log ? [Math.floor(low), Math.max(Math.ceil(high), Math.floor(low) + 1)] : [low, high * 1.1];
  const at = (value) => Math.round((from + ((of(value) - first) / (last - first)) * (to - from)) * 10) / 10;
  const steps = log ? last - first : 5;
  const ticks = Array.from({ length: steps + 1 }, (_, index) => first + ((last - first) * index) / steps);
  return { at, ticks: log ? ticks.map((tick) => 10 ** Math.round(tick)) : ticks.map(Math.round) };
}

const line = (x1, y1, x2, y2) => `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ddd"/>`;
const text = (x, y, content, anchor, more = '') =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" ${more}>${content}</text>`;
const short = (value) =>
  value >= 1e6 ? `${value / 1e6}M` : value >= 1e3 ? `${value / 1e3}k` : `${Number(value.toFixed(3))}`;
