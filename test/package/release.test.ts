import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '../..');
const about = { version: '1.2.3', repository: 'github:owner/name' };
const changelog = '# Changelog\n\n## 1.2.3 (2026-11-23)\n\nText.\n\n## 1.2.2 (2026-11-01)\n';

describe('A release', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-backup-release-'));
    await mkdir(join(folder, 'scripts/release'), { recursive: true });
    await cp(join(repository, 'scripts/release'), join(folder, 'scripts/release'), { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const check = async (tag: string, { described = about as object, text = changelog } = {}) => {
    for (const name of ['package.json', 'package-lock.json']) {
      await writeFile(join(folder, name), JSON.stringify({ ...about, ...described }));
    }
    await writeFile(join(folder, 'CHANGELOG.md'), text);
    const program = join(folder, 'scripts/release/check.mjs');
    return new Promise<string>((resolve) =>
      execFile(process.execPath, [program, tag], (_, out, error) => resolve(out + error)),
    );
  };

  it('is made of a tag, a version and a dated section of the changelog that fit', async () => {
    expect(await check('v1.2.3')).toBe('1.2.3 can be published.\n');
    expect(await check('v1.2.4')).toBe('The tag is v1.2.4, package.json says 1.2.3.\n');
    expect(await check('v1.2.3', { text: changelog.replace('(2026-11-23)', '(unreleased)') })).toMatch(
      /does not date 1\.2\.3/,
    );
    expect(await check('v1.2.3', { text: '# Changelog\n' })).toMatch(/has no section "## 1\.2\.3/);
    expect(await check('v1.2.3', { described: { repository: undefined } })).toMatch(/names no repository/);
  });

  it('is published with its provenance, after everything that must pass', async () => {
    const workflow = await readFile(join(repository, '.github/workflows/release.yml'), 'utf8');
    const steps = ['scripts/release/check.mjs', 'bash .ci/run', 'npm publish --provenance'];
    const places = steps.map((step) => workflow.indexOf(step));
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(places[0]).toBeGreaterThan(0);
    expect(workflow).toContain('id-token: write');
    // Where it goes is npm's own default: whoever changes the workflow cannot send it elsewhere unseen.
    expect(workflow).not.toContain('registry');
  });
});
