/**
 * Hosts of every kind that the peer ranges admit, made from the packed library: each backs itself up over HTTP and is
 * restored by the command line. `--diagonal` makes two hosts of the lowest versions.
 */
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { runCell } from './cell.mjs';
import { providePostgres, whyNot } from './databases.mjs';
import { install, pack, versionsOf } from './install.mjs';
import { installs } from './versions.mjs';

const KINDS = [
  { modules: 'cjs', adapter: 'Express' },
  { modules: 'esm', adapter: 'Express' },
  { modules: 'cjs', adapter: 'Fastify' },
  { modules: 'esm', adapter: 'Fastify' },
];
const DRIVERS = { postgres: 'pg', sqljs: 'sql.js', mariadb: 'mysql2', 'better-sqlite3': 'better-sqlite3' };
const ENGINES = Object.keys(DRIVERS);
const diagonal = process.argv.includes('--diagonal');
/** Minutes after which the run is a failure. */
const LIMIT = diagonal ? 5 : 45;

const timer = setTimeout(() => {
  console.error(`The matrix took longer than ${LIMIT} minutes.`);
  process.exit(1);
}, LIMIT * 60_000);
// So that no host outlives it.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const started = performance.now();
const stopPostgres = await providePostgres();
const missing = new Map();
for (const engine of ENGINES) missing.set(engine, await whyNot(engine));
for (const [engine, reason] of missing) if (reason) console.log(`Without ${engine}: ${reason}`);
if (process.env.CI === 'true' && [...missing.values()].some(Boolean)) process.exit(1);

const tarball = await pack();
let failed = 0;
print('Nest', 'TypeORM', 'Adapter', 'Host', 'Database', 'OpenAPI', 'Result', 'Seconds');
for (const [index, chosen] of (diagonal ? [lowestOf(installs[0])] : installs).entries()) {
  await runInstall(chosen, index);
}
await rm(dirname(tarball), { recursive: true });
await stopPostgres();
clearTimeout(timer);
console.log(`${failed === 0 ? 'All hosts back up and restore' : `${failed} hosts failed`}: ${seconds(started)} s`);
process.exitCode = failed === 0 ? 0 : 1;

async function runInstall({ nest, typeorm, level, packages }, index) {
  const since = performance.now();
  let root;
  try {
    root = await install(tarball, packages);
  } catch (error) {
    failed++;
    print(nest, typeorm, level, '', '', '', 'install failed', seconds(since));
    console.error(error.message);
    return;
  }
  const names = Object.keys(packages);
  const versions = await versionsOf(root, names);
  console.log(`\n${names.map((name) => `${name} ${versions[name]}`).join(', ')} (installed in ${seconds(since)} s)`);
  // Each install takes its hosts through the databases in another order.
  const usable = ENGINES.filter((engine) => !missing.get(engine) && versions[DRIVERS[engine]]);
  for (const [nth, kind] of (diagonal ? [KINDS[0], KINDS[3]] : KINDS).entries()) {
    await runHost({ root, engine: usable[(nth + index) % usable.length], ...kind }, versions);
  }
  await rm(root, { recursive: true });
}

async function runHost(cell, versions) {
  const since = performance.now();
  const row = [versions['@nestjs/core'], versions.typeorm, cell.adapter, cell.modules, cell.engine];
  try {
    const { documented } = await runCell(cell);
    const expected = versions['@nestjs/swagger'] ? '/api/v1/utils/backup' : undefined;
    if (documented?.join() !== expected) throw new Error(`the OpenAPI document has ${documented}, not ${expected}`);
    print(...row, documented ? versions['@nestjs/swagger'] : '-', 'ok', seconds(since));
  } catch (error) {
    failed++;
    print(...row, '?', 'FAILED', seconds(since));
    console.error(error.message);
  }
}

/** Only the drivers that install quickly and that two hosts use. */
function lowestOf({ packages, ...chosen }) {
  const quick = Object.entries(packages).filter(([name]) => !['mysql2', 'better-sqlite3'].includes(name));
  return { ...chosen, packages: Object.fromEntries(quick) };
}

function seconds(since) {
  return ((performance.now() - since) / 1_000).toFixed(1);
}

function print(...cells) {
  const widths = [8, 8, 8, 5, 15, 8, 8, 8];
  console.log(
    cells
      .map((cell, i) => String(cell).padEnd(widths[i]))
      .join(' ')
      .trimEnd(),
  );
}
