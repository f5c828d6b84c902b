/**
 * Hosts that are made as users make theirs, by the generators of frameworks, and that take the packed library as it is:
 * they are built, tested, started, backed up and restored by their own scripts. Without arguments: all of them; with
 * names: those; with `--one`: one, chosen by the seed that is printed (`TEST_SEED` repeats it).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Chance } from '../../../test/fixtures/chance.mjs';
import { providePostgres } from '../databases.mjs';
import { pack } from '../install.mjs';
import { liveGenerated } from './nest.mjs';
import { recipes } from './recipes.mjs';
import { Stages } from './stages.mjs';
import { liveVendure, vendureHosts } from './vendure.mjs';

const [major, minor] = process.versions.node.split('.').map(Number);
const hosts = new Map([
  ...recipes.filter(runsHere).map((recipe) => [recipe.name, (...given) => liveGenerated(recipe, ...given)]),
  ...vendureHosts.map((host) => [host.name, (...given) => liveVendure(host, ...given)]),
]);
/** Minutes after which a host is a failure. */
const LIMIT = 30;

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const names = chosen(process.argv.slice(2));
const tarball = await pack();
const stopPostgres = await providePostgres();
const folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-generated-'));
const failed = [];
for (const name of names) {
  const timer = setTimeout(() => {
    console.error(`${name} took longer than ${LIMIT} minutes.`);
    process.exit(1);
  }, LIMIT * 60_000);
  try {
    await hosts.get(name)(new Stages(name), join(folder, name), tarball);
  } catch (error) {
    failed.push(name);
    console.error(error.message);
  }
  clearTimeout(timer);
}
await stopPostgres();
await rm(folder, { recursive: true, force: true });
await rm(dirname(tarball), { recursive: true, force: true });
console.log(
  failed.length ? `Failed: ${failed.join(', ')}` : `Generated hosts that back up and restore: ${names.join(', ')}`,
);
process.exitCode = failed.length ? 1 : 0;

function runsHere({ name, node: [neededMajor, neededMinor] = [0, 0] }) {
  const runs = major > neededMajor || (major === neededMajor && minor >= neededMinor);
  if (!runs) console.log(`Without ${name}, which needs Node ${neededMajor}.${neededMinor}`);
  return runs;
}

function chosen(given) {
  if (given.includes('--one')) {
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 1_000_000);
    const name = new Chance(seed).of([...hosts.keys()]);
    console.log(`One of ${hosts.size} generated hosts, with TEST_SEED=${seed}: ${name}`);
    return [name];
  }
  const unknown = given.filter((name) => !hosts.has(name));
  if (unknown.length) {
    throw new Error(`No host is named ${unknown.join(', ')}; there are ${[...hosts.keys()].join(', ')}`);
  }
  return given.length ? given : [...hosts.keys()];
}
