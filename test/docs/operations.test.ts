import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CliHost, MAIN } from '../fixtures/cli.js';
import { blocksIn } from '../fixtures/documentation.js';
import { AES_KEY } from '../fixtures/secrets.js';

const run = promisify(execFile);
const [backup, drill] = ['create', 'restore'].map((command) => {
  const scripts = blocksIn('docs/operations.md', 'sh').filter(({ code }) => code.startsWith('#!'));
  return scripts.find(({ code }) => code.includes(`nestjs-backup ${command} `))!.code;
}) as [string, string];

describe('docs/operations.md', () => {
  let host: CliHost;
  let target: string;
  const archives = () => readdirSync(target).toSorted();

  beforeEach(async () => {
    host = await CliHost.make();
    target = join(host.folder, 'archives');
    mkdirSync(target);
    writeFileSync(join(host.folder, 'backup.key'), `${AES_KEY}\n`);
    mkdirSync(join(host.folder, 'bin'));
    // What npx finds in the node_modules of an application.
    writeFileSync(join(host.folder, 'bin/npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    chmodSync(join(host.folder, 'bin/npx'), 0o755);
  });
  afterEach(() => host.remove());

  /** Runs a script of the page in the host's folder. @returns its exit code */
  const script = async (code: string, env: Record<string, string> = {}): Promise<number> => {
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    const own = { APP_DIR: host.folder, APP: host.app, KEY_FILE: 'backup.key', TARGET: target };
    const path = `${join(host.folder, 'bin')}:${process.env.PATH}`;
    const running = run('sh', ['-c', code], { env: { ...inherited, ...host.environment, ...own, PATH: path, ...env } });
    return running.then(
      () => 0,
      (error: { code: number }) => error.code,
    );
  };

  it('has a nightly script that keeps the newest archives, and a drill that brings the newest back', async () => {
    const old = ['app-20200101T000000Z.zip.crypt', 'app-20210101T000000Z.zip.crypt'];
    for (const name of old) writeFileSync(join(target, name), '');
    expect(await script(backup, { KEEP: '2' })).toBe(0);
    expect(archives()).toEqual([old[1], expect.stringMatching(/^app-20\d{6}T\d{6}Z\.zip\.crypt$/)]);

    const empty = await host.engine.create();
    const files = join(host.folder, 'drill-files');
    mkdirSync(files);
    const variables = { HOST_DATABASE: JSON.stringify(empty.options), HOST_FILES: files };
    const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`);
    writeFileSync(join(host.folder, 'drill.env'), lines.join(''));
    const DRILL_ENV = join(host.folder, 'drill.env');
    expect(await script(drill, { DRILL_ENV })).toBe(0);
    expect(await empty.query('SELECT text FROM note ORDER BY id')).toEqual(
      await host.database.query('SELECT text FROM note ORDER BY id'),
    );
    const contents = (folder: string) =>
      readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
    expect(contents(files)).toEqual(contents(host.files));
    await empty.drop();

    // An environment that names the production is refused.
    writeFileSync(DRILL_ENV, '');
    const before = await host.state();
    expect(await script(drill, { DRILL_ENV })).toBe(3);
    expect(await host.state()).toEqual(before);
  }, 120_000);

  it('has a nightly script that removes nothing when it fails', async () => {
    const old = 'app-20200101T000000Z.zip.crypt';
    writeFileSync(join(target, old), '');
    rmSync(host.files, { recursive: true });
    expect(await script(backup, { KEEP: '0' })).toBe(1);
    expect(archives()).toEqual([old]);
  }, 120_000);
});
