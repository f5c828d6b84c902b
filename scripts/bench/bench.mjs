// npm run bench [-- --help]: ours and what one would take instead, in turns, on data made here. Linux.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine } from './machine.mjs';
import { plot } from './plot.mjs';
import { alone } from './race.mjs';
import { fileRows } from './rows/files.mjs';
import { servingRows } from './rows/host-serves.mjs';
import { mariadbRows } from './rows/mariadb.mjs';
import { memoryRows } from './rows/memory.mjs';
import { postgresRows } from './rows/postgres.mjs';
import { sizeRows } from './rows/size.mjs';
import { sqliteRows } from './rows/sqlite.mjs';
import { findServers } from './servers.mjs';
import { HELP, parseFlags } from './sizes.mjs';
import { table } from './table.mjs';

const ROWS = {
  postgres: { make: postgresRows, server: 'postgres' },
  mariadb: { make: mariadbRows, server: 'mariadb' },
  sqlite: { make: sqliteRows },
  files: { make: fileRows },
  size: { make: sizeRows },
  serving: { make: servingRows, server: 'postgres' },
  memory: { make: memoryRows, server: 'postgres' },
};

const flags = parseFlags();
if (flags.help) console.log(HELP);
else await bench();

async function bench() {
  const started = performance.now();
  const folder = mkdtempSync(join(flags.temporary ?? tmpdir(), 'nestjs-backup-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  const { urls, stop } = await findServers(flags);
  const points = [];
  const lines = [];
  try {
    const aesKey = randomBytes(32).toString('hex');
    const log = (text) => console.error(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${text}`);
    const context = { sizes: flags.sizes, folder, urls, aesKey, points, log };
    for (const [name, { make, server }] of Object.entries(ROWS)) {
      if (flags.only && !flags.only.includes(name)) continue;
      if (server && !urls[server]) lines.push(alone(name, `no ${server} server answers`, '–'));
      else lines.push(...(await measured(name, make, context)));
    }
    const machine = await describeMachine(urls);
    console.log(`\n${table(lines)}\n`);
    console.log(
      Object.entries(machine)
        .map(([name, value]) => `${name}: ${value}`)
        .join(' · '),
    );
    console.log(
      `Sizes: ${JSON.stringify(flags.sizes)}. ${((performance.now() - started) / 1000).toFixed(0)} s in all.`,
    );
    writeFileSync(flags.json, `${JSON.stringify({ machine, sizes: flags.sizes, lines, points }, null, 2)}\n`);
    if (points.length > 0) writeFileSync(flags.plot, plot(points));
  } finally {
    await stop();
  }
}

/** What fails is a line of the table, too; the others are not lost by it. */
async function measured(name, make, context) {
  try {
    return await make(context);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
    return [alone(name, `failed: ${error.message.split('\n')[0]}`, '–', false)];
  }
}
