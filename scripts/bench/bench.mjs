// npm run bench [-- --help]: ours and what one would take instead, in turns, on data made here. Linux.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HELP, parseFlags } from './flags.mjs';
import { describeMachine } from './machine.mjs';
import { measure } from './measure.mjs';
import { findNodes } from './nodes.mjs';
import { report, savedRun } from './report.mjs';
import { findServers } from './servers.mjs';

const flags = parseFlags();
if (flags.help) console.log(HELP);
else await bench();

async function bench() {
  const started = performance.now();
  const seconds = () => ((performance.now() - started) / 1000).toFixed(0);
  const before = flags.compare && savedRun(flags.compare, flags.sizes);
  const folder = mkdtempSync(join(flags.temporary ?? tmpdir(), 'nestjs-backup-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const nodes = await findNodes(flags.node);
  const { urls, stop } = await findServers(flags);
  try {
    const aesKey = randomBytes(32).toString('hex');
    const log = (text) => console.error(`${seconds().padStart(5)} s  ${text}`);
    const { sizes, only } = flags;
    const { lines, points, failed } = await measure(only, { sizes, folder, urls, nodes, aesKey, log });
    const run = { machine: await describeMachine(urls, nodes), sizes, lines, points };
    const lost = report(run, before, flags);
    console.log(`${seconds()} s in all.`);
    if (failed || lost) process.exitCode = 1;
  } finally {
    await stop();
  }
}
