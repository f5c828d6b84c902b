import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { jest } from '@jest/globals';
import { CliHost } from '../fixtures/cli.js';
import { IMPORTS, plantApp, SAME_HOST } from '../fixtures/cli-app.js';
import { AES_KEY } from '../fixtures/secrets.js';

// Each start of the host takes seconds on a busy machine.
jest.setTimeout(300_000);

/** A main script, as `nest new` makes it. */
const MAIN = `${IMPORTS}
  async function bootstrap() {
    appendFileSync('started', 'yes');
    const app = await NestFactory.create(Host);
    await app.listen(0);
  }
  bootstrap();
`;
/** One that does not look like it. */
const HIDDEN_MAIN = `${IMPORTS}
  import { createServer } from 'node:http';
  createServer().listen(0, () => appendFileSync('started', 'yes'));
  const { create: make } = NestFactory;
  NestFactory['create'](Host).then((app) => app.listen(0));
`;
const TYPESCRIPT = `
  const { Module } = require('@nestjs/common');
  interface Typed { readonly one: number }
  @Module({ imports: [require('./host.cjs').Host] })
  export class AppModule implements Typed { readonly one: number = 1; }
`;
/** What a loader like ts-node or @swc-node does. */
const LOADER = `
  const { transformSync } = require('@swc/core');
  const { readFileSync } = require('node:fs');
  const parser = { syntax: 'typescript', decorators: true };
  require('node:module')._extensions['.ts'] = (module, path) => module._compile(
    transformSync(readFileSync(path, 'utf8'), { filename: path, jsc: { parser, transform: { legacyDecorator: true } }, module: { type: 'commonjs' } }).code, path);
`;

/** As `nest new` makes it. */
const PLAIN_TYPESCRIPT = `import { Module } from '@nestjs/common';
import { AppController } from './app.controller';

@Module({ imports: [], controllers: [AppController] })
export class AppModule {}
`;

describe('The application of a command', () => {
  let host: CliHost;
  const create = (args: string[] = [], env?: Record<string, string>) =>
    host.run(['create', '-o', '-', ...args], { env });
  /** Once, and nothing was started. */
  const expectRefused = async (app: string[], says: RegExp, env?: Record<string, string>) => {
    // What Node itself has to say of TypeScript depends on its version.
    const { code, stderr, stdout } = await create(app, { NODE_NO_WARNINGS: '1', ...env });
    expect({ code, stderr, stdout: String(stdout) }).toEqual({
      code: 2,
      stderr: expect.stringMatching(says),
      stdout: '',
    });
    const lines = stderr
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('The host '));
    expect(lines).toHaveLength(1);
  };

  beforeEach(async () => {
    host = await CliHost.make();
  });
  afterEach(() => host.remove());

  it('is found: in NESTJS_BACKUP_APP, in package.json, in dist', async () => {
    const places: Array<[file: string, beside: Record<string, string>, env?: Record<string, string>]> = [
      ['one/here.mjs', {}, { NESTJS_BACKUP_APP: 'one/here.mjs' }],
      ['two/there.mjs', { 'package.json': '{"name":"a","nestjs-backup":{"app":"two/there.mjs"}}' }],
      ['dist/app.module.mjs', { 'package.json': '{"name":"a"}' }],
      ['dist/apps/api/app.module.mjs', { 'nest-cli.json': '{"monorepo":true,"root":"apps/api"}' }],
    ];
    for (const [file, beside, env] of places) {
      plantApp(host, { [file]: SAME_HOST, ...beside });
      expect(await create([], env)).toMatchObject({ code: 0 });
      rmSync(join(host.folder, dirname(file).split('/')[0]!), { recursive: true });
    }
    await expectRefused([], /no application was named.*--app, NESTJS_BACKUP_APP or the field/);
  });

  it('is none where the file starts a server, is not there, or exports no module: a sentence each, and nothing starts', async () => {
    plantApp(host, {
      'main.mjs': MAIN,
      'server.mjs': HIDDEN_MAIN,
      'none.mjs': 'export const one = 1;',
      'dist/main.js': MAIN,
    });
    await expectRefused(['--app', 'main.mjs'], /main\.mjs starts the application’s server.*root module/);
    await expectRefused(['--app', 'server.mjs'], /server\.mjs starts the application’s server/);
    await expectRefused([], /there is .*dist\/main\.js, which starts the server.*webpack/);
    await expectRefused(['--app', 'dist/app.module.js'], /there is no file .*webpack/);
    await expectRefused(['--app', 'nope.js'], /there is no file .*nope\.js\. Build/);
    await expectRefused(['--app', 'dist'], /is a directory/);
    await expectRefused(['--app', 'none.mjs'], /exports no default, and no class named \*Module/);
    plantApp(host, { 'dist/app.module.js': 'exports.x = 1' });
    await expectRefused(['--app', 'dist/main.js'], /--app \S*\/dist\/app\.module\.js/);
    expect(existsSync(join(host.folder, 'started'))).toBe(false);
  });

  it('is refused in a sentence where it is no program at all', async () => {
    plantApp(host, { 'b.zip': 'PK', 'notes.txt': 'no program' });
    for (const file of ['b.zip', 'notes.txt']) await expectRefused(['--app', file], /is not JavaScript/);
  });

  it('may be TypeScript where a loader takes it, and is refused in a sentence where none does', async () => {
    plantApp(host, { 'app.module.ts': TYPESCRIPT, 'loader.cjs': LOADER, 'host.mjs': SAME_HOST });
    writeFileSync(
      join(host.folder, 'host.cjs'),
      `const { Module } = require('@nestjs/common'); class Late {} Module({})(Late);
       exports.Host = { module: Late, imports: [import('./host.mjs').then(({ AppModule }) => ({ module: AppModule }))] };`,
    );
    plantApp(host, { 'src/app.module.ts': PLAIN_TYPESCRIPT, 'src/package.json': '{"name":"a"}' });
    await expectRefused(['--app', 'src/app.module.ts'], /is TypeScript, and no loader .* is registered/);
    await expectRefused(['--app', 'app.module.ts'], /is TypeScript, and no loader .* is registered/);
    const env = { NODE_OPTIONS: `--require ${join(host.folder, 'loader.cjs')}` };
    expect(await create(['--app', 'app.module.ts'], env)).toMatchObject({ code: 0 });
  });

  it('has the variables of its .env, which override none, and its key; of several files none is taken by itself', async () => {
    plantApp(host, {
      'package.json': '{"name":"a"}',
      'dist/app.module.mjs': SAME_HOST,
      '.env': `HOST_FILES=${join(host.folder, 'other')}\nBACKUP_AES_KEY=${AES_KEY}\nHOST_REDACTS=changed\n`,
      '.env.example': '',
      '.env.bak': '',
    });
    const { stdout, code, stderr } = await create(['--encrypt']);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/files +2 files/) });
    expect(stderr).toMatch(/Loaded from \S*\.env the variables that were not set/);
    expect(stderr).toContain('REDACTED');
    expect(stdout[0]).toBe(40);
    plantApp(host, { '.env.local': '' });
    const unsure = await create(['--encrypt']);
    expect(unsure).toMatchObject({ code: 2, stderr: expect.stringMatching(/--env-file[^]*needs an AES key/) });
    expect(await create(['--encrypt', '--env-file', '.env'])).toMatchObject({ code: 0 });
    const missing = await create(['--env-file', 'none']);
    // Node 20 reads this flag of a script's, too, and is the one that says so.
    expect(missing).toMatchObject({
      code: expect.any(Number),
      stderr: expect.stringMatching(/none(" cannot be read|: not found)/),
    });
    expect(missing.code).not.toBe(0);
  });

  it('has its relative data directories and destinations in its own folder, from whatever directory it is run', async () => {
    plantApp(host, { 'app/package.json': '{"name":"a"}', 'app/dist/app.module.mjs': SAME_HOST, 'app/data/c.txt': 'c' });
    for (const folder of ['data', 'vault', 'app/vault']) mkdirSync(join(host.folder, folder));
    const env = { HOST_FILES: 'data', NESTJS_BACKUP_APP: 'app/dist/app.module.mjs' };
    const { stderr } = await create([], env);
    expect(stderr).toMatch(/files +1 file /);
    const vaults = { ...env, HOST_VAULTS: '{"vault":"vault"}' };
    expect(await host.run(['create', '--to', 'vault'], { env: vaults })).toMatchObject({ code: 0 });
    expect(readdirSync(join(host.folder, 'app/vault'))).toHaveLength(2);
    expect(readdirSync(join(host.folder, 'vault'))).toEqual([]);
    rmSync(join(host.folder, 'app/data/c.txt'));
    const empty = await create([], env);
    expect(empty.stderr).toContain(
      `Warning: the data directory "files" (${join(host.folder, 'app/data')}) contains no files.`,
    );
    rmSync(join(host.folder, 'app/data'), { recursive: true });
    const gone = await create([], env);
    expect(gone).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`"${join(host.folder, 'app/data')}" cannot be opened`),
    });
  });
});
