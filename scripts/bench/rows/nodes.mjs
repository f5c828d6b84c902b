import { postgres } from '../data/databases.mjs';
import { HostProcess } from '../host-process.mjs';
import { alone, median, skipped } from '../race.mjs';

const WORKS = ['backup', 'restore'];

/** CPU seconds of the same backup and restore on several Nodes, in turns; those on the first are the measure. */
export async function nodeRows({ sizes, folder, urls, aesKey, nodes, log }) {
  if (nodes.length < 2) return [skipped('CPU seconds by Node', 'compared with --node 20,26')];
  log('Nodes');
  const server = postgres(urls.postgres);
  const database = await server.create(sizes.rows);
  const archive = `${folder}/nodes.zip.crypt`;
  const found = nodes.map((node) => ({ node, backup: [], restore: [] }));
  try {
    for (let round = 0; round < sizes.rounds; round++) {
      for (const { node, ...spent } of found) {
        await HostProcess.with({ node, database }, async (host) => {
          spent.backup.push((await host.run('backup', { output: archive, aesKey })).cpu);
          spent.restore.push((await host.run('restore', { archive, aesKey })).cpu);
        });
      }
    }
  } finally {
    await server.drop(database);
  }
  return WORKS.flatMap((work) => found.slice(1).map((other) => compare(work, found[0], other)));
}

function compare(work, first, other) {
  const [theirs, ours] = [first, other].map((one) => median(one[work]));
  const value = ours / theirs;
  return {
    ...alone(`PostgreSQL ${work} on Node ${other.node.line}`, undefined, '≤ 1 of CPU', { met: value <= 1, value }),
    peer: `on Node ${first.node.line}`,
    cpu: `${ours.toFixed(2)} s`,
    theirCpu: `${theirs.toFixed(2)} s`,
    ratio: value.toFixed(2),
  };
}
