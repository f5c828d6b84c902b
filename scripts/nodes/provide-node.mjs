/** Other lines of Node.js beside the one that runs this, from the npm registry, kept between runs. Linux. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const repository = join(import.meta.dirname, '../..');
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nestjs-backup');

/** @param {number} line such as 24. @returns {Promise<{ folder: string, node: string, version: string }>} */
export async function provideNode(line) {
  const name = `node-linux-${process.arch}`;
  const { stdout } = await run('npm', ['view', `${name}@${line}`, 'version', '--json']);
  const version = [JSON.parse(stdout)].flat().at(-1);
  const folder = join(cache, `node-${version}`);
  await madeOnce(folder, async (fresh) => {
    await mkdir(fresh, { recursive: true });
    await run('npm', ['install', '--prefix', fresh, '--no-save', '--no-audit', '--no-fund', `${name}@${version}`]);
    await rename(join(fresh, 'node_modules', name), join(fresh, 'node'));
  });
  return { folder: join(folder, 'node'), node: join(folder, 'node/bin/node'), version };
}

/**
 * The driver as it is compiled for one Node, beside the one that `npm ci` has compiled.
 * @param fast whether it is compiled as `npm ci` does, which takes longer; for tests it need not be
 * @returns {Promise<string>} its `build` folder
 */
export async function provideSqlite({ folder, version }, { fast = false } = {}) {
  const driver = join(repository, 'node_modules/better-sqlite3');
  const about = JSON.parse(await readFile(join(driver, 'package.json'), 'utf8'));
  const compiled = join(cache, `better-sqlite3-${about.version}-node-${version}${fast ? '-fast' : ''}`);
  await madeOnce(compiled, async (fresh) => {
    await cp(driver, fresh, { recursive: true, filter: (path) => !path.startsWith(join(driver, 'build')) });
    const quick = fast ? {} : { CFLAGS: '-O1', CXXFLAGS: '-O1' };
    const flags = { JOBS: 'max', npm_config_nodedir: folder };
    const env = { ...process.env, ...quick, ...flags, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
    await run('npm', ['run', 'build-release'], { cwd: fresh, env, maxBuffer: 64 * 1024 * 1024 });
  });
  return join(compiled, 'build');
}

/** A folder is there whole or not at all, whoever else makes it meanwhile. */
async function madeOnce(folder, make) {
  if (existsSync(folder)) return;
  await mkdir(cache, { recursive: true });
  const fresh = await mkdtemp(join(cache, 'unfinished-'));
  try {
    await make(fresh);
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
