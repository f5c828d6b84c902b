/** Builds the documentation site into `site/dist`: `npm run docs`. Whatever links to nowhere fails. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { deadLinks } from './links.mjs';
import { layOut } from './pages.mjs';

const here = import.meta.dirname;
const base = process.env.DOCS_BASE ?? '/';

function run(program, ...args) {
  const { status } = spawnSync(process.execPath, [join(here, 'node_modules', program), ...args], {
    cwd: here,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

await layOut();
run('typedoc/bin/typedoc', '--logLevel', 'Warn');
run('vitepress/bin/vitepress.js', 'build');
const dead = await deadLinks(join(here, 'dist'), base);
for (const link of dead) console.error(`Dead link in ${link}`);
if (dead.length > 0) process.exit(1);
console.log('The site is in site/dist.');
