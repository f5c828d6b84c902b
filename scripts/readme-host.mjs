/**
 * Does what docs/quick-start.md says under "From an empty directory", with the packed library: its commands and files, in order,
 * in a directory of their own; what it says that they print must be printed.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../test/fixtures/free-port.mjs';
import { execute } from './matrix/host-process.mjs';
import { pack } from './matrix/install.mjs';

const HEADING = 'From an empty directory';
/** Milliseconds for all of it. */
const LIMIT = 5 * 60_000;
const MARK = '@@ the page shows: ';

const started = performance.now();
const readme = await readFile(join(import.meta.dirname, '../docs/quick-start.md'), 'utf8');
const section = readme.split(`\n## ${HEADING}\n`)[1]?.split(/\n##/)[0];
if (!section) throw new Error(`docs/quick-start.md has no section "${HEADING}".`);
const blocks = [...section.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language, code]) => ({ language, code }));

const tarball = await pack();
const folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-readme-'));
const port = await freePort();
const shown = [];
// The server must not outlive a command that fails.
const script = ['set -euo pipefail', "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT", ...blocks.map(stepOf)].join(
  '\n',
);
try {
  const env = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };
  const output = await execute('bash', ['-c', script], folder, { env, limit: LIMIT });
  shown.forEach((expected, index) => compare(expected, output.split(`${MARK}${index}\n`)[1]?.split('\n@@')[0] ?? ''));
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(`The quick start's host backed itself up and was restored, in ${blocks.length} steps: ${seconds} s`);
} finally {
  await rm(folder, { recursive: true, force: true });
  await rm(dirname(tarball), { recursive: true });
}

/** One block as commands of a shell. */
function stepOf({ language, code }) {
  if (language === 'sh') {
    const local = code.replace(/(npm install [^]*?)\bnestjs-backup$/m, (_, before) => before + tarball);
    return local.replaceAll('3000', String(port));
  }
  if (language === 'ts') {
    const name = /^\/\/ (\S+\.ts)\n/.exec(code)?.[1];
    if (!name) throw new Error(`A file of the page has no name:\n${code}`);
    return `cat > ${name} <<'END_OF_THE_FILE'\n${code}END_OF_THE_FILE`;
  }
  if (language !== 'console') throw new Error(`A block of the page is neither sh, ts nor console but ${language}.`);
  const commands = code.split(/^\$ /m).slice(1);
  return commands
    .map((one) => {
      const [command, ...lines] = one.trimEnd().split('\n');
      return `echo '${MARK}${shown.push(lines.join('\n')) - 1}'\n${command}`;
    })
    .join('\necho @@\n');
}

/** Ids and times are other ones each time, and what is said on stderr is not looked at. */
function compare(expected, printed) {
  const [one, other] = [expected.replaceAll(/^Done in .*$/gm, ''), printed].map((text) =>
    text.trim().replaceAll(/[\da-f]{8}-[\da-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…'),
  );
  if (one !== other) throw new Error(`The page shows:\n${one}\nThis was printed:\n${other}`);
}
