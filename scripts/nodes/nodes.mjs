/**
 * npm run nodes [-- [LINE …] [--few] [-- jest arguments]]: the tests on other lines of Node.js (22, 24 and 26), each in a
 * copy of this checkout whose native driver is compiled for it. Without more words: all tests on the newest, and on the
 * others those of SOME. Linux.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { provideNode, provideSqlite } from './provide-node.mjs';

const LINES = ['22', '24', '26'];
/** Everything without a server, HTTP, and one engine. */
const SOME = ['test/unit', 'test/e2e', 'test/dialects/sqlite'];
/** What depends on Node most: bytes, memory, streams and threads, zlib, zstd, the driver, and one way there and back. */
const FEW = [
  'test/unit/(archive/(deflate|small-files)|files/read/(small-files|times)|support)',
  'test/unit/crypto',
  'test/e2e/success',
  'test/dialects/sqlite/values',
  'test/restore/round-trip',
  'test/.*zstd',
];
const repository = join(import.meta.dirname, '../..');

const words = process.argv.slice(2);
const end = words.includes('--') ? words.indexOf('--') : words.length;
const lines = words.slice(0, end).filter((word) => word !== '--few');
const few = words.slice(0, end).includes('--few');
const given = words.slice(end + 1);

let failed = 0;
for (const line of lines.length > 0 ? lines : LINES) {
  const tests = given.length > 0 ? given : usualOn(line);
  const since = performance.now();
  const status = await testOn(line, tests);
  if (status !== 0) failed++;
  const seconds = Math.round((performance.now() - since) / 1000);
  console.log(
    `Node ${line}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s (${tests.join(' ') || 'every test'})`,
  );
}
process.exitCode = failed === 0 ? 0 : 1;

function usualOn(line) {
  if (few) return FEW;
  return line === LINES.at(-1) ? [] : SOME;
}

async function testOn(line, tests) {
  const other = await provideNode(line);
  const build = await provideSqlite(other);
  const copy = mkdtempSync(join(tmpdir(), `nestjs-backup-node-${line}-`));
  // However this ends, the copy goes.
  const remove = () => rmSync(copy, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    copyCheckout(copy);
    const driver = join(copy, 'node_modules/better-sqlite3/build');
    rmSync(driver, { recursive: true, force: true });
    cpSync(build, driver, { recursive: true });
    // The tests have other users run it, too.
    chmodSync(copy, 0o755);
    const node = join(copy, 'node');
    copyFileSync(other.node, node);
    console.log(`Node ${other.version}: ${copy}`);
    const env = { ...process.env, PATH: `${dirname(other.node)}:${process.env.PATH}` };
    const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', ...tests];
    const child = spawn(node, jest, { cwd: copy, env, stdio: 'inherit' });
    const stop = () => child.kill('SIGTERM');
    process.once('SIGTERM', stop).once('SIGINT', stop);
    const [status] = await once(child, 'close');
    process.off('SIGTERM', stop).off('SIGINT', stop);
    return status;
  } finally {
    remove();
    process.off('exit', remove);
  }
}

/** What git knows of, what was built, and the packages, linked where the file system can. */
function copyCheckout(copy) {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
  });
  const built = ['dist', 'lib/page/client-files.ts'];
  execFileSync('cp', ['--parents', '-a', '-t', copy, ...String(files).split('\0').filter(Boolean), ...built], {
    cwd: repository,
  });
  try {
    execFileSync('cp', ['-al', 'node_modules', copy], { cwd: repository, stdio: 'ignore' });
  } catch {
    execFileSync('cp', ['-a', 'node_modules', copy], { cwd: repository });
  }
}
