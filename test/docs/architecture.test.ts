import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { blocksIn, root } from '../fixtures/documentation.js';

const lib = join(root, 'lib');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const folders = readdirSync(lib, { withFileTypes: true }).filter((one) => one.isDirectory());
const folderOf = (path: string) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');

/** Imports between two folders of lib/, as `from --> to`. */
function arrows(): Set<string> {
  const found = new Set<string>();
  for (const file of files) {
    for (const target of importsOf(file).filter((one) => one.startsWith('.'))) {
      const [from, to] = [file, relative(lib, join(lib, dirname(file), target))].map(folderOf);
      if (from && to && from !== to) found.add(`${from} --> ${to}`);
    }
  }
  return found;
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(lib, file), 'utf8');
  return [...text.matchAll(/(?:\bfrom |\bimport |\bimport\()'([^']+)'/g)].map(([, name]) => name!);
}

describe('docs/architecture.md', () => {
  it('draws the imports between the folders, and no others', () => {
    const drawn = blocksIn('docs/architecture.md', 'mermaid')[0]!.code.matchAll(/\w+ --> \w+/g);
    const known = [...arrows()].filter((one) => !/--> (errors|host|options|audit|support)$|^options/.test(one));
    expect([...drawn].map(([arrow]) => arrow).toSorted()).toEqual(known.toSorted());
  });

  it('says who reads options and who reports to the audit', () => {
    const to = (target: string) =>
      [...arrows()].filter((one) => one.endsWith(`--> ${target}`)).map((one) => one.split(' ')[0]);
    const readers = folders
      .map(({ name }) => name)
      .filter(
        (name) =>
          ![
            'options',
            'audit',
            'crypto',
            'archive',
            'destinations',
            'errors',
            'files',
            'health',
            'history',
            'host',
            'jsonl',
            'kms',
            'manifest',
            'metrics',
            'queue',
            'replicas',
            's3',
            'schedule',
            'scheduling',
            'status',
            'support',
          ].includes(name),
      );
    expect(to('options').toSorted()).toEqual(readers.toSorted());
    expect(to('audit').toSorted()).toEqual([
      'backup',
      'cli',
      'health',
      'history',
      'hooks',
      'http',
      'metrics',
      'online',
      'options',
      'page',
      'recovery',
      'restore',
      'status',
      'store',
    ]);
    expect([...arrows()].filter((one) => one.startsWith('options')).toSorted()).toEqual([
      'options --> archive',
      'options --> audit',
      'options --> crypto',
      'options --> destinations',
      'options --> errors',
      'options --> files',
      'options --> support',
    ]);
  });

  it('has a line for every folder', () => {
    const named = [...page.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(folders.map(({ name }) => name).toSorted());
  });

  it('is right that no file imports itself by way of others, types included', () => {
    const known = new Set(files);
    const targets = new Map(
      files.map((file) => {
        const paths = importsOf(file).map((name) => join(dirname(file), name.replace(/js$/, 'ts')));
        return [file, paths.filter((path) => known.has(path))];
      }),
    );
    const [open, done, circles] = [[] as string[], new Set<string>(), [] as string[]];
    const walk = (file: string): void => {
      if (open.includes(file)) circles.push([...open.slice(open.indexOf(file)), file].join(' -> '));
      if (done.has(file) || open.includes(file)) return;
      open.push(file);
      for (const target of targets.get(file)!) walk(target);
      done.add(open.pop()!);
    };
    for (const file of files) walk(file);
    expect(circles).toEqual([]);
  });

  it('is right that errors are built in one room, which needs nothing but text', () => {
    const building = files.filter((file) => /new BackupError\(/.test(readFileSync(join(lib, file), 'utf8')));
    expect(building.length).toBeGreaterThan(0);
    for (const file of building) expect(file).toMatch(/^errors\//);
    expect([...arrows()].filter((one) => one.startsWith('errors'))).toEqual(['errors --> support']);
  });

  it('is right that nothing outside of the dialects loads a driver', () => {
    const drivers = ['pg', 'pg-copy-streams', 'mysql2', 'better-sqlite3', 'sql.js'];
    const loading = files.filter((file) => importsOf(file).some((name) => drivers.includes(name)));
    expect(loading.length).toBeGreaterThan(0);
    for (const file of loading) expect(file).toMatch(/^database\/dialects\//);
  });
});

describe('lib/', () => {
  it('marks private members by the keyword, never by #', () => {
    const hash = /\bthis\??\.#\w|^ +(?:(?:static|readonly|async|accessor|get|set) +)*\*?#\w/m;
    expect(files.filter((file) => hash.test(readFileSync(join(lib, file), 'utf8')))).toEqual([]);
  });
});
