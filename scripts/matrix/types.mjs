/**
 * A consumer of every entry, compiled by the oldest and the newest compilers that the documentation names, in every way
 * that they resolve modules; with `--ends` by the first and the last of them. The library's own declarations are checked
 * too; what others declare is theirs.
 */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execute } from './host-process.mjs';
import { pack } from './install.mjs';

const ALL = ['5.0', '5.4', '5.9', '6.0', '7.0'];
const COMPILERS = process.argv.includes('--ends') ? [ALL.at(0), ALL.at(-1)] : ALL;
const COMMON = {
  target: 'es2022',
  strict: true,
  noEmit: true,
  experimentalDecorators: true,
  esModuleInterop: true,
  types: ['node'],
};
/** @type {Array<{ name: string, type: string, until?: string, options: object }>} */
const WAYS = [
  { name: 'node10', type: 'commonjs', until: '5.9', options: { module: 'commonjs', moduleResolution: 'node10' } },
  { name: 'node16', type: 'commonjs', options: { module: 'node16' } },
  { name: 'nodenext', type: 'module', options: { module: 'nodenext' } },
  { name: 'bundler', type: 'module', options: { module: 'esnext', moduleResolution: 'bundler' } },
];
const PACKAGES = ['common@11', 'core@11', 'typeorm@11', 'schedule@6', 'terminus@11', 'bullmq@11']
  .map((name) => `@nestjs/${name}`)
  .concat('typeorm@0.3', 'reflect-metadata', 'rxjs', 'class-validator', 'class-transformer')
  .concat('bullmq', '@aws-sdk/client-s3@3', '@aws-sdk/client-kms@3', '@types/node@20');

const tarball = await pack();
const root = await mkdtemp(join(tmpdir(), 'nestjs-backup-types-'));
let failed = 0;
try {
  const aliases = COMPILERS.map((version) => `typescript-${version}@npm:typescript@~${version}.0`);
  await writeFile(join(root, 'package.json'), JSON.stringify({ private: true }));
  const quietly = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await execute('npm', ['install', ...quietly, tarball, ...PACKAGES, ...aliases], root, { limit: 5 * 60_000 });
  for (const { name, type, options } of WAYS) await write(name, type, options);
  for (const version of COMPILERS) {
    for (const { name, until } of WAYS) if (!until || Number(version) <= Number(until)) await compile(version, name);
  }
} finally {
  await rm(root, { recursive: true });
  await rm(dirname(tarball), { recursive: true });
}
console.log(failed === 0 ? 'Every compiler finds every type.' : `${failed} of them do not compile.`);
process.exitCode = failed === 0 ? 0 : 1;

async function write(name, type, options) {
  const folder = join(root, name);
  await cp(join(import.meta.dirname, 'consumer'), folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type }));
  const compilerOptions = { ...COMMON, ...options };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
}

async function compile(version, name) {
  const compiler = join(root, 'node_modules', `typescript-${version}`, 'bin/tsc');
  const output = await execute(process.execPath, [compiler, '--pretty', 'false', '-p', name], root).then(
    () => '',
    (error) => error.message,
  );
  const complaints = output
    .split('\n')
    .filter((line) => /^(?!(\.\.\/)?node_modules\/(?!nestjs-backup\/))\S+\(\d/.test(line));
  // A compiler that complains of nothing and fails all the same did not run.
  const isFailed = complaints.length > 0 || (output !== '' && !/error TS/.test(output));
  if (isFailed) failed++;
  console.log(`TypeScript ${version}  ${name.padEnd(10)} ${isFailed ? 'FAILED' : 'ok'}`);
  if (isFailed) console.error(complaints.join('\n') || output);
}
