import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../fixtures/documentation.js';

const dialects = join(root, 'lib/database/dialects');
const engines = readdirSync(dialects, { withFileTypes: true })
  .filter((one) => one.isDirectory())
  .map(({ name }) => name);

interface Shared {
  /** Within the folder of an engine. */
  readonly file: string;
  readonly job: string;
  /** Why an engine does without, by its name. */
  readonly excuses: ReadonlyMap<string, string>;
}

/** The table of docs/architecture.md that says which files each engine has. */
function readShared(): Shared[] {
  const [, section = ''] = readFileSync(join(root, 'docs/architecture.md'), 'utf8').split('\n## Adding an engine\n');
  const [table = ''] = section.split('\n## ');
  return [...table.matchAll(/^\| `([\w/-]+\.ts)` +\| (.*?) +\| (.*?) *\|$/gm)].map(([, file, job, without]) => {
    const excuses = [...without!.matchAll(/(?:^|; )(\w+): ([^;]+)/g)];
    return { file: file!, job: job!, excuses: new Map(excuses.map(([, engine, reason]) => [engine!, reason!])) };
  });
}

describe('The folders of the engines', () => {
  const shared = readShared();

  it('are several, and have much in common', () => {
    expect(engines.length).toBeGreaterThan(2);
    expect(shared.length).toBeGreaterThan(20);
  });

  it.each(engines)(
    '%s has the files that docs/architecture.md names for each engine, or a reason for none',
    (engine) => {
      const lacking = shared
        .filter(({ file, excuses }) => !existsSync(join(dialects, engine, file)) && !excuses.has(engine))
        .map(({ file, job }) => `lib/database/dialects/${engine}/${file} is missing (${job})`);
      expect(lacking).toEqual([]);
    },
  );

  it('have no reason for doing without what is there, and none for an engine that is not', () => {
    const stale = shared.flatMap(({ file, excuses }) =>
      [...excuses.keys()]
        .filter((engine) => !engines.includes(engine) || existsSync(join(dialects, engine, file)))
        .map((engine) => `${file}: the reason of "${engine}" is out of date`),
    );
    expect(stale).toEqual([]);
  });

  it('have every name in the table that several of them use', () => {
    const names = engines.flatMap((engine) =>
      readdirSync(join(dialects, engine), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')),
    );
    const common = [...new Set(names)].filter((name) => names.filter((other) => other === name).length > 1);
    const known = new Set(shared.map(({ file }) => file));
    expect(common.filter((name) => !known.has(name))).toEqual([]);
  });
});
