/**
 * Builds `page/` into `lib/page/client-files.ts`: the page's files as texts, which the application serves. Does nothing where
 * that file was built from the same sources (`--force` builds anyway). Fails where the files are too large.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Of all files together, as gzip makes them. */
const MOST_BYTES = 60_000;
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const root = join(import.meta.dirname, '../..');
const page = join(root, 'page');
const target = join(root, 'lib/page/client-files.ts');

const mark = `// Built by scripts/page/build.mjs from sources with the digest ${digestOfSources()}.`;
if (process.argv.includes('--force') || !isBuilt()) await build();

async function build() {
  const files = { 'index.html': sourceOf('index.html'), 'icon.svg': sourceOf('icon.svg'), ...(await bundle()) };
  const bytes = Object.values(files).reduce((sum, body) => sum + gzipSync(body).length, 0);
  if (bytes > MOST_BYTES) throw new Error(`The page has ${bytes} bytes, compressed; ${MOST_BYTES} are allowed.`);
  const entries = Object.entries(files).map(([name, body]) => [name, { type: TYPES[extname(name)], body }]);
  const text = [
    mark,
    'export const CLIENT_FILES: Readonly<Record<string, { readonly type: string; readonly body: string }>> =',
    `  ${JSON.stringify(Object.fromEntries(entries), null, 2)};`,
    '',
  ].join('\n');
  // Another build may run at the same time.
  const draft = join(root, `.client-files.${process.pid}.draft`);
  writeFileSync(draft, text);
  renameSync(draft, target);
  console.log(`The page: ${bytes} bytes, compressed.`);
}

/** One script and one style sheet. */
async function bundle() {
  const { build: viteBuild } = await import('vite');
  const { output } = await viteBuild({
    root: page,
    configFile: false,
    envDir: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2022',
      cssCodeSplit: false,
      modulePreload: false,
      rollupOptions: {
        input: join(page, 'src/main.tsx'),
        output: { entryFileNames: 'app.js', assetFileNames: 'app[extname]', inlineDynamicImports: true },
      },
    },
  });
  return Object.fromEntries(output.map((one) => [one.fileName, 'code' in one ? one.code : String(one.source)]));
}

function isBuilt() {
  try {
    return readFileSync(target, 'utf8').startsWith(mark);
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Of everything that the files depend on, the versions of the packages included. */
function digestOfSources() {
  const sources = readdirSync(page, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const shared = ['quantities', 'plural'].map((name) => join(root, 'lib/support', `${name}.ts`));
  const packages = ['preact', 'tus-js-client', 'vite'].map((name) => join(root, 'node_modules', name, 'package.json'));
  const hash = createHash('sha256');
  for (const path of [...sources.toSorted(), ...shared, ...packages, import.meta.filename]) {
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

function sourceOf(name) {
  return readFileSync(join(page, name), 'utf8');
}
