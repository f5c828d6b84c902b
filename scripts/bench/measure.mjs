import { skipped } from './race.mjs';
import { GROUPS } from './rows/groups.mjs';

/**
 * Measures groups of rows, on each Node.
 * @returns lines of the table, points of the plot, and whether a group failed: that is a line, and the others go on
 */
export async function measure(names, context) {
  const all = { lines: [], points: [], failed: false };
  for (const name of names) {
    const { make, server, together } = GROUPS[name];
    if (server && !context.urls[server]) {
      all.lines.push(skipped(name, `no ${server} server answers`));
      continue;
    }
    for (const [index, node] of (together ? [context.nodes[0]] : context.nodes).entries()) {
      // One picture is drawn, of the first.
      const points = index === 0 ? all.points : [];
      try {
        const lines = await make({ ...context, node, points });
        all.lines.push(...(together ? lines : lines.map((line) => onNode(line, node))));
      } catch (error) {
        console.error(error);
        all.failed = true;
        all.lines.push({ ...skipped(name, `failed: ${error.message.split('\n')[0]}`), met: false });
      }
    }
  }
  return all;
}

/** On this Node a row has the name that it has in every run, so that it can be compared. */
function onNode(row, { own, line }) {
  return own ? row : { ...row, work: `${row.work}, Node ${line}` };
}
