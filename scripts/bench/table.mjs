const HEAD = {
  work: 'Task',
  peer: 'Baseline',
  ours: 'nestjs-backup',
  cpu: 'CPU',
  gc: 'GC',
  theirs: 'Baseline result',
  theirCpu: 'Baseline CPU',
  ratio: 'Ratio',
  target: 'Target',
  met: 'Met',
};

/** What was measured as a table. */
export function resultTable(lines) {
  return table(
    HEAD,
    lines.map((line) => ({ ...line, met: line.met === undefined ? undefined : line.met ? 'yes' : 'no' })),
  );
}

const CHANGES = { work: 'Task', peer: 'Baseline', before: 'Before', after: 'Now', change: 'Change', verdict: '' };

/** What has changed since a saved run as a table. @param changes of compareRuns */
export function changeTable(changes) {
  const number = (value) => value?.toPrecision(3);
  return table(
    CHANGES,
    changes.map(({ work, peer, before, after, change, lost }) => ({
      work,
      peer,
      before: number(before),
      after: number(after),
      change: change === undefined ? undefined : `${change > 0 ? '+' : ''}${(change * 100).toFixed(1)} %`,
      verdict: lost ? 'worse' : ' ',
    })),
  );
}

/** Markdown, which is readable on a terminal too. @param head title of each key of the lines, in their order */
function table(head, lines) {
  const keys = Object.keys(head);
  const shown = lines.map((line) => keys.map((key) => (line[key] ?? '–').replaceAll('|', '\\|')));
  const widths = keys.map((key, index) => Math.max(head[key].length, ...shown.map((cells) => cells[index].length)));
  const row = (cells) => `| ${cells.map((cell, index) => cell.padEnd(widths[index])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [row(Object.values(head)), rule, ...shown.map(row)].join('\n');
}
