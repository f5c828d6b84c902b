import { parseArgs } from 'node:util';
import { GROUPS } from './rows/groups.mjs';

/** Name -> usual size, size with --quick, what it is. The quick ones take a few minutes together. */
const SIZES = {
  rounds: ['3', '1', 'how often each is run, in turns'],
  rows: ['300000', '20000', 'rows of each database, about 1 kB each'],
  'pgbench-scale': ['30', '2', 'hundred thousands of narrow rows, as of pgbench -i -s N'],
  files: ['20000', '3000', 'small files of 3 kB'],
  'file-mb': ['3000', '300', 'size of the large file that goes to disk'],
  'sink-mb': ['1500', '200', 'size of the large file whose archive is thrown away'],
  'memory-mb': ['10,100,1000', '10,40', 'megabytes of rows of which memory is measured'],
  'memory-files': ['1,1000,100000', '1,5000', 'numbers of files of which memory is measured'],
};
const LISTS = ['memory-mb', 'memory-files'];

const USAGE = {
  '--quick': 'small sizes, for a look whether everything runs',
  '--only NAME,…': `some groups of rows: ${Object.keys(GROUPS).join(', ')}`,
  ...Object.fromEntries(
    Object.entries(SIZES).map(([name, [usual, quick, about]]) => [
      `--${name} N${LISTS.includes(name) ? ',…' : ''}`,
      `${about} (${usual}; ${quick} with --quick)`,
    ]),
  ),
  '--node N,…': 'major versions of Node.js that run the application, such as 20,26, from the npm registry (this Node)',
  '--postgres URL': 'server (TEST_PG_URL, else the local port, else one of its own)',
  '--mariadb URL': 'server (TEST_MYSQL_URL, else the local port)',
  '--mysql URL': "server of Oracle's MySQL (TEST_ORACLE_MYSQL_URL)",
  '--json FILE': 'results (bench.json)',
  '--compare FILE': 'results of an earlier run: prints what changed, and exits with 1 if a row lost more than 5 %',
  '--plot FILE': 'time and memory against size, SVG (bench.svg)',
  '--temporary DIR': "where data and archives go (the system's temporary directory)",
};

export const HELP = `npm run bench -- [options]

${Object.entries(USAGE)
  .map(([flag, about]) => `  ${flag.padEnd(20)}${about}`)
  .join('\n')}

Servers need a user who may create databases. Times are wall time. CPU is user and system time of the application's whole
process, or of the baseline's, without the database server's; GC is the share of the time in which garbage collection
stopped the application's main thread. A row whose server or program is missing says so.`;

/** What the command line asks for. */
export function parseFlags() {
  const text = { type: 'string' };
  const names = ['only', 'node', 'postgres', 'mariadb', 'mysql', 'compare', 'temporary', ...Object.keys(SIZES)];
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean' },
      json: { type: 'string', default: 'bench.json' },
      plot: { type: 'string', default: 'bench.svg' },
      ...Object.fromEntries(names.map((name) => [name, text])),
    },
  });
  const groups = Object.keys(GROUPS);
  const only = values.only?.split(',') ?? groups;
  const unknown = only.filter((name) => !groups.includes(name));
  if (unknown.length > 0) {
    throw new Error(`--only: there is no ${unknown.join(', ')}, but ${groups.join(', ')}.`);
  }
  return { ...values, sizes: sizesOf(values), only, node: values.node?.split(',') };
}

function sizesOf(values) {
  const entries = Object.entries(SIZES).map(([name, [usual, quick]]) => {
    const given = values[name] ?? (values.quick ? quick : usual);
    const key = name.replace(/-(.)/, (_, letter) => letter.toUpperCase());
    return [key, LISTS.includes(name) ? given.split(',').map(Number) : Number(given)];
  });
  return Object.fromEntries(entries);
}
