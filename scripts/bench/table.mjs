const HEAD = {
  work: 'Task',
  peer: 'Baseline',
  ours: 'nestjs-backup',
  theirs: 'Baseline result',
  ratio: 'Ratio',
  target: 'Target',
  met: 'Met',
};

/** Lines as a table of Markdown, which is readable on a terminal too. */
export function table(lines) {
  const shown = lines.map((line) => ({ ...line, met: line.met === undefined ? '–' : line.met ? 'yes' : 'no' }));
  const keys = Object.keys(HEAD);
  const widths = keys.map((key) => Math.max(HEAD[key].length, ...shown.map((line) => line[key].length)));
  const row = (cells) => `| ${cells.map((cell, index) => cell.padEnd(widths[index])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [row(keys.map((key) => HEAD[key])), rule, ...shown.map((line) => row(keys.map((key) => line[key])))].join(
    '\n',
  );
}
