import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { jest } from '@jest/globals';
import { runProgram } from '../../lib/cli/program.js';
import { blocks, blocksIn, documents, placeOf, root } from '../fixtures/documentation.js';
import { typeCheck } from './support/type-check.js';

const RECIPES = join(root, 'test/e2e/recipes');
const TESTS = join(root, 'test/docs/testing');
/** Of hosts that `npm run matrix` builds with their own compilers. */
const OF_HOSTS = [
  'bundlers/webpack.config.js',
  'bundlers/rspack.config.js',
  'shop/src/backup.plugin.ts',
  'shop/backup-app.mjs',
].map((name) => readFileSync(join(root, 'scripts/matrix/generated', name), 'utf8'));
/** What other suites run: each in its own language, at a place where it can run. */
const RUN_ELSEWHERE = ['python', 'go', 'java', 'nginx', 'sql'];
const NOT_CODE = ['text', 'console', 'mermaid'];

const shell = blocks.filter(({ language }) => language === 'sh');
const named = (some: typeof blocks) => some.map((block) => [placeOf(block), block] as const);

describe('Code in the documentation', () => {
  it('says in which language it is', () => {
    const known = ['ts', 'js', 'json', 'sh', ...RUN_ELSEWHERE, ...NOT_CODE];
    const others = blocks.filter(({ language }) => !known.includes(language));
    expect(others.map((block) => `${placeOf(block)}: "${block.language}"`)).toEqual([]);
    expect(blocks.length).toBeGreaterThan(25);
  });

  it('has the recipes as they are run', () => {
    const recipes = readdirSync(RECIPES).filter((name) => !name.endsWith('.test.ts'));
    expect(recipes.length).toBeGreaterThan(4);
    const shown = blocksIn('docs/authentication.md', 'ts').map(({ code }) => code);
    for (const name of recipes) expect(shown).toContain(readFileSync(join(RECIPES, name), 'utf8'));
  });

  it('has the tests of an application as they are run', () => {
    const shown = blocksIn('docs/testing.md', 'ts').map(({ code }) => code);
    const files = testFiles().map((file) => readFileSync(file, 'utf8'));
    expect(files.length).toBeGreaterThan(6);
    expect(shown.toSorted()).toEqual(files.toSorted());
  });

  it('has the files of frameworks and bundlers as hosts have them', () => {
    const shown = ['js', 'ts'].flatMap((language) => blocksIn('docs/frameworks.md', language)).map(({ code }) => code);
    expect(shown.toSorted()).toEqual(OF_HOSTS.toSorted());
  });

  it('in TypeScript fits the sources', async () => {
    // The recipes, tests and hosts are compiled where they are run.
    const files = [...readdirSync(RECIPES).map((name) => join(RECIPES, name)), ...testFiles()];
    const own = [...files.map((file) => readFileSync(file, 'utf8')), ...OF_HOSTS];
    const snippets = blocks.filter(({ language, code }) => language === 'ts' && !own.includes(code));
    expect(snippets.length).toBeGreaterThan(5);
    expect(await typeCheck(snippets)).toEqual([]);
  });

  it('in JSON can be parsed', () => {
    for (const block of blocks.filter(({ language }) => language === 'json')) {
      expect(() => JSON.parse(block.code)).not.toThrow();
    }
  });

  it.each(named(shell))('for a shell is understood by it: %s', (_, { code }) => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: code });
    expect({ status, said: stderr.toString() }).toEqual({ status: 0, said: '' });
  });

  it('runs only scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const text = documents.map((name) => readFileSync(join(root, name), 'utf8')).join('\n');
    const run = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name!);
    expect(run).toContain('demo');
    for (const name of run) expect(scripts).toHaveProperty([name]);
  });
});

describe('The command line in the documentation', () => {
  const help = new Map<string, string>();
  beforeAll(async () => {
    const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    for (const command of [
      'create',
      'list',
      'prune',
      'restore',
      'verify',
      'test',
      'inspect',
      'decrypt',
      'rewrap',
      'keygen',
      'completion',
    ]) {
      write.mockClear();
      await runProgram(['node', 'nestjs-backup', command, '--help']);
      help.set(command, write.mock.calls.join(''));
    }
    write.mockRestore();
  });

  it('has only commands and flags that there are', () => {
    const lines = blocks
      .filter(({ language }) => ['sh', 'console', 'text'].includes(language))
      .flatMap(({ code }) => code.replaceAll('\\\n', ' ').replaceAll('FILE|-', 'FILE').split('\n'));
    const uses = lines.flatMap((line) => [
      ...line.matchAll(/nestjs-backup +([a-z]+)\b((?:(?!nestjs-backup)[^|&;)])*)/g),
    ]);
    expect(uses.length).toBeGreaterThan(8);
    for (const [line, command, rest] of uses) {
      expect([...help.keys()]).toContain(command);
      for (const [flag] of rest!.matchAll(/(?<=[ [])--?[a-z][a-z-]*/g)) {
        expect({ line, known: help.get(command!)!.match(`${flag}[ ,]`) !== null }).toEqual({ line, known: true });
      }
    }
  });
});

describe('Links in the documentation', () => {
  it.each(documents)('of %s lead to files and headings that there are', (file) => {
    const text = readFileSync(join(root, file), 'utf8').replaceAll(/^```[^]*?^```/gm, '');
    for (const [, link] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path, anchor] = link!.split('#');
      const target = path === '' ? file : join(dirname(file), path!);
      expect({ link, there: existsSync(join(root, target)) }).toEqual({ link, there: true });
      if (anchor) {
        expect({ link, headings: headingsOf(target) }).toEqual({ link, headings: expect.arrayContaining([anchor]) });
      }
    }
  });
});

describe('Lines of the documentation', () => {
  it.each(documents)('of %s fit beside others on a screen, but for tables', (file) => {
    const text = readFileSync(join(root, file), 'utf8').replaceAll(/^ *```[^]*?^ *```/gm, '');
    expect(text.split('\n').filter((line) => line.length > 120 && !/^ *(\||<|\[?!\[)/.test(line))).toEqual([]);
  });

  it('of the README fit on a page', () => {
    expect(readFileSync(join(root, 'README.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(151);
  });
});

/** Without the package.json that makes them CommonJS, as in a project that `nest new` makes. */
function testFiles(): string[] {
  return readdirSync(TESTS)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(TESTS, name));
}

/** As GitHub makes anchors of them. */
function headingsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^```[^]*?^```/gm, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}
