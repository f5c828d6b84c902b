import { parseArgs } from 'node:util';

const USUAL = {
  rounds: '3',
  rows: '300000',
  files: '20000',
  'file-mb': '3000',
  'memory-mb': '10,100,1000',
  'memory-files': '1,1000,100000',
};
/** Together under two minutes. */
const QUICK = {
  rounds: '1',
  rows: '20000',
  files: '3000',
  'file-mb': '300',
  'memory-mb': '10,40',
  'memory-files': '1,5000',
};

export const HELP = `npm run bench -- [--quick] [--only postgres,mariadb,sqlite,files,serving,size,memory]
  --rounds N          how often each is run, in turns (${USUAL.rounds}; ${QUICK.rounds} with --quick)
  --rows N            rows of each database, about 1 kB each (${USUAL.rows}; ${QUICK.rows})
  --files N           small files of 3 kB (${USUAL.files}; ${QUICK.files})
  --file-mb N         size of the large file (${USUAL['file-mb']}; ${QUICK['file-mb']})
  --memory-mb N,…     megabytes of rows of which memory is measured (${USUAL['memory-mb']}; ${QUICK['memory-mb']})
  --memory-files N,…  numbers of files of which memory is measured (${USUAL['memory-files']}; ${QUICK['memory-files']})
  --postgres URL, --mariadb URL   servers (TEST_PG_URL, TEST_MYSQL_URL, else the local ports)
  --json FILE         results (bench.json)
  --plot FILE         time and memory against size, SVG (bench.svg)
  --temporary DIR     where data and archives go (the system's temporary directory)`;

/** What the command line asks for. */
export function parseFlags() {
  const text = { type: 'string' };
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean' },
      only: text,
      postgres: text,
      mariadb: text,
      json: { type: 'string', default: 'bench.json' },
      plot: { type: 'string', default: 'bench.svg' },
      temporary: text,
      ...Object.fromEntries(Object.keys(USUAL).map((name) => [name, text])),
    },
  });
  const given = { ...(values.quick ? QUICK : USUAL), ...values };
  const sizes = {
    rounds: Number(given.rounds),
    rows: Number(given.rows),
    files: Number(given.files),
    fileMb: Number(given['file-mb']),
    memoryMb: given['memory-mb'].split(',').map(Number),
    memoryFiles: given['memory-files'].split(',').map(Number),
  };
  return { ...values, sizes, only: values.only?.split(',') };
}
