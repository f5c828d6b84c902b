/** A project of one recipe, with the application in it and the library added. */
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute } from '../host-process.mjs';
import { addApplication, addBackups } from './project.mjs';
import { shell } from './shell.mjs';

/** Milliseconds. */
const COPY_LIMIT = 5 * 60_000;
/** What was installed for one host is copied for the next; MATRIX_CACHE names a folder that outlives the run. */
const cache = process.env.MATRIX_CACHE ?? (await mkdtemp(join(tmpdir(), 'nestjs-backup-installed-')));
if (!process.env.MATRIX_CACHE) process.once('exit', () => rmSync(cache, { recursive: true, force: true }));

/** @returns {Promise<string>} the folder of the host */
export async function generate(stages, recipe, parent, tarball, env) {
  const folder = join(parent, recipe.workspace ? 'apps/host' : 'host');
  const sources = join(folder, recipe.sources);
  const run = (command) => shell(command, folder, env);
  await stages.run('nest new', async () => {
    await mkdir(join(folder, '..'), { recursive: true });
    await shell(recipe.generate, join(folder, '..'), env);
    if (recipe.workspace) await makeWorkspace(parent);
    if (recipe.prepare) await run(recipe.prepare);
  });
  await stages.run('install', async () => {
    const kept = join(
      cache,
      createHash('sha256').update(`${recipe.generate} ${recipe.packages}`).digest('hex').slice(0, 16),
    );
    const isKept = existsSync(kept);
    // pnpm has a store of its own.
    if (isKept && !recipe.workspace) await copyInstalled(kept, folder);
    await run(recipe.install(recipe.packages));
    if (!isKept && !recipe.workspace) await keep(folder, kept);
    await addApplication(join(folder, 'src'), recipe);
    if (recipe.finish) await run(recipe.finish);
    if (recipe.bundler) await cp(join(import.meta.dirname, 'bundlers', recipe.bundler), join(folder, recipe.bundler));
  });
  await stages.run('add nestjs-backup', async () => {
    await run(recipe.install(tarball));
    await addBackups(sources, recipe);
    for (const name of ['uploads', 'vault']) await mkdir(join(folder, name));
  });
  return folder;
}

async function makeWorkspace(root) {
  await writeFile(join(root, 'package.json'), JSON.stringify({ name: 'workspace', private: true }));
  await writeFile(join(root, 'pnpm-workspace.yaml'), 'packages:\n  - apps/*\n');
}

/** As it is before the library is added; a copy that was cut off is none. */
async function keep(folder, kept) {
  const copy = await mkdtemp(join(cache, 'copying-'));
  await copyInstalled(folder, copy);
  await rename(copy, kept);
}

async function copyInstalled(from, to) {
  // Tens of thousands of files, which `cp` of Node copies one after the other.
  await execute('cp', ['-a', join(from, 'package-lock.json'), join(from, 'node_modules'), to], from, {
    limit: COPY_LIMIT,
  });
}
