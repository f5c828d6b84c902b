import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PackedHost } from '../fixtures/packed.js';

const repository = join(import.meta.dirname, '../..');

async function treeOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).toSorted();
}

describe('The package', () => {
  let host: PackedHost;
  let unpacked: string;
  beforeAll(async () => {
    host = await PackedHost.make();
    unpacked = join(host.folder, 'node_modules/nestjs-backup');
  });
  afterAll(() => host.remove());

  it('holds what is built from the sources, the documentation, and nothing else', async () => {
    const sources = await treeOf(join(repository, 'lib'));
    const built = sources.flatMap((name) => {
      if (name === 'package.json') return [`dist/${name}`];
      const [, base, module] = /^(.+)(?<!\.d)\.(m?)ts$/.exec(name)!;
      return [`dist/${base}.d.${module}ts`, `dist/${base}.${module}js`];
    });
    const pages = (await treeOf(join(repository, 'docs'))).map((name) => `docs/${name}`);
    const texts = ['CHANGELOG.md', 'CONTRIBUTING.md', 'LICENSE', 'README.md', 'SECURITY.md', 'package.json'];
    expect(await treeOf(unpacked)).toEqual([...texts, ...pages, ...built].toSorted());
  });

  it('holds every page that its pages lead to', async () => {
    const there = await treeOf(unpacked);
    const pages = there.filter((name) => name.endsWith('.md'));
    expect(pages.length).toBeGreaterThan(20);
    for (const page of pages) {
      const text = (await readFile(join(unpacked, page), 'utf8')).replaceAll(/^```[^]*?^```/gm, '');
      for (const [, path] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        expect({ page, path, there }).toEqual({
          page,
          path,
          there: expect.arrayContaining([join(dirname(page), path!)]),
        });
      }
    }
  });

  it('is released under one version, which the changelog has', async () => {
    const { version, license, publishConfig } = JSON.parse(await readFile(join(unpacked, 'package.json'), 'utf8'));
    expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    expect({ license, publishConfig }).toEqual({
      license: 'MIT',
      publishConfig: { access: 'public', provenance: true },
    });
    expect(await readFile(join(unpacked, 'CHANGELOG.md'), 'utf8')).toContain(`\n## ${version} `);
    expect(await readFile(join(unpacked, 'LICENSE'), 'utf8')).toMatch(/^MIT License/);
  });

  it('has a command line that runs', async () => {
    const { code, stdout } = await host.run(join(unpacked, 'dist/cli/main.js'), '--help');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('restore') });
  });
});
