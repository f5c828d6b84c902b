import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const read = (name: string) => readFileSync(join(import.meta.dirname, '../..', name), 'utf8');
const about = JSON.parse(read('package.json'));
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };

const REGISTRY = 'https://registry.npmjs.org/';

interface LockedPackage {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly license?: string;
  readonly dependencies?: Record<string, string>;
}

/** All packages that a host installs for the sake of this one, by their place in node_modules. */
function installed(): Map<string, LockedPackage> {
  const found = new Map<string, LockedPackage>();
  const visit = (name: string, from: string) => {
    const levels = from === '' ? [] : from.split('/node_modules/').map((_, index, all) => all.slice(0, index + 1));
    const places = levels.toReversed().map((level) => `${level.join('/node_modules/')}/node_modules/${name}`);
    const place = [...places, `node_modules/${name}`].find((one) => packages[one])!;
    if (found.has(place)) return;
    found.set(place, packages[place]!);
    for (const dependency of Object.keys(packages[place]!.dependencies ?? {})) visit(dependency, place);
  };
  for (const name of Object.keys(about.dependencies)) visit(name, '');
  return found;
}

describe('What a host installs with this package', () => {
  it('runs no scripts when it is installed', () => {
    expect([...installed()].filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
      expect(about.scripts).not.toHaveProperty(script);
    }
  });

  it('comes from the registry, proven by its digest, under a free license', () => {
    for (const [place, { resolved = REGISTRY, integrity, license }] of installed()) {
      const expected = { resolved: expect.stringContaining(REGISTRY), integrity: expect.stringMatching(/^sha512-/) };
      expect({ place, resolved, integrity, license }).toEqual({
        place,
        ...expected,
        license: expect.stringMatching(/MIT|ISC|BSD|Apache-2\.0|BlueOak/),
      });
    }
  });

  it('is little, and each has its reason in the documentation', () => {
    expect(installed().size).toBeLessThanOrEqual(98);
    const [dependencies, peers] = read('docs/compatibility.md')
      .split('\n## Dependencies\n')[1]!
      .split('\n## ')[0]!
      .split('\n### Peers\n');
    const named = [...dependencies!.matchAll(/^\| `([^`]+)` +\| (.+?) +\|$/gm)];
    expect(named.map(([, name]) => name).toSorted()).toEqual(Object.keys(about.dependencies).toSorted());
    for (const [, , reason] of named) expect(reason!.length).toBeGreaterThan(10);
    const ranges = [...peers!.matchAll(/^\| `([^`]+)` +\| `(.+?)` +\| (optional: )?.{10,} \|$/gm)];
    const shown = ranges.map(([, name, range, optional]) => [
      name,
      range!.replaceAll('\\', ''),
      optional !== undefined,
    ]);
    const isOptional = (name: string) => about.peerDependenciesMeta[name]?.optional === true;
    const expected = Object.entries(about.peerDependencies).map(([name, range]) => [name, range, isOptional(name)]);
    expect(shown.toSorted()).toEqual(expected.toSorted());
  });

  it('has every optional peer marked as optional, so that nobody pays for what they do not use', () => {
    const optional = ['@nestjs/schedule', 'better-sqlite3', 'mysql2', 'pg', 'sql.js'];
    for (const name of optional) expect(about.peerDependenciesMeta[name]).toEqual({ optional: true });
  });

  it.each(['@nestjs/swagger', '@nestjs/bullmq', 'bullmq'])(
    'finds %s under pnpm, which links what peers there are, without being a peer that npm weighs',
    (name) => {
      expect(about.peerDependenciesMeta).toHaveProperty([name], { optional: true });
      expect(about.peerDependencies).not.toHaveProperty([name]);
    },
  );
});
