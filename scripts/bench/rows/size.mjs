import { statSync } from 'node:fs';
import { missing, timed } from '../command.mjs';
import { sqlite } from '../data/databases.mjs';
import { HostProcess } from '../host-process.mjs';
import { alone, skipped } from '../race.mjs';

/** The archive against `gzip -3` of the same content. */
export async function sizeRows({ sizes, folder, node, log }) {
  log('Archive size');
  const work = 'archive size, of gzip -3 of the same content';
  const remedy = missing(['gzip', 'unzip']);
  if (remedy) return [skipped(work, `gzip or unzip is missing: ${remedy}`)];
  const files = sqlite(folder);
  const database = await files.create(Math.min(sizes.rows, 100_000));
  const [output, gzip] = [`${folder}/size.zip`, `${folder}/size.gz`];
  try {
    await HostProcess.with({ node, database }, (host) => host.run('backup', { output }));
    await timed('unzip -p "$ZIP" backup.jsonl | gzip -3 > "$OUT"', { ZIP: output, OUT: gzip });
    const ratio = statSync(output).size / statSync(gzip).size;
    return [alone(work, ratio.toFixed(3), '≤ 1.05', { met: ratio <= 1.05, value: ratio })];
  } finally {
    await files.drop(database);
  }
}
