/** Hosts on disk: the packed library, installed by npm beside chosen versions of its peers, and compiled twice. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute } from './host-process.mjs';

const repository = join(import.meta.dirname, '../..');

/** Milliseconds; better-sqlite3 is compiled by one core. */
const INSTALL_LIMIT = 15 * 60_000;

/** Packs the library as it was built. @returns {Promise<string>} path of the tarball */
export async function pack() {
  const folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-packed-'));
  const output = await execute(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--silent', '--pack-destination', folder],
    repository,
  );
  const packed = Object.values(JSON.parse(output.slice(output.search(/^[[{]/m))))[0];
  return join(folder, packed.filename);
}

/** Installs one set of packages; peers that do not fit together are npm's error. @returns {Promise<string>} folder */
export async function install(tarball, packages) {
  const root = await mkdtemp(join(tmpdir(), 'nestjs-backup-matrix-'));
  try {
    const about = { private: true, dependencies: { 'nestjs-backup': `file:${tarball}`, ...packages } };
    await writeFile(join(root, 'package.json'), JSON.stringify(about));
    const scripts = packages['better-sqlite3'] ? [] : ['--ignore-scripts'];
    const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    await execute('npm', ['install', ...quietly, ...scripts], root, { limit: INSTALL_LIMIT });
    for (const modules of ['cjs', 'esm']) await compile(root, modules);
    return root;
  } catch (error) {
    await rm(root, { recursive: true });
    throw error;
  }
}

/** The versions that npm chose. */
export async function versionsOf(root, names) {
  const read = async (name) =>
    JSON.parse(await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)])));
}

/** The same sources as CommonJS, which requires the library, and as ES modules. */
async function compile(root, modules) {
  const folder = join(root, modules);
  await mkdir(folder);
  await cp(join(import.meta.dirname, 'template'), join(folder, 'src'), { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: modules === 'cjs' ? 'commonjs' : 'module' }));
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    useDefineForClassFields: false,
    skipLibCheck: true,
    rootDir: 'src',
    outDir: 'dist',
    types: ['node'],
    typeRoots: [join(repository, 'node_modules/@types')],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  await execute(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc'), '-p', folder], folder);
}
