import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliHost, MAIN } from '../fixtures/cli.js';
import { blocksIn } from '../fixtures/documentation.js';

const restoreTest = blocksIn('docs/testing.md', 'sh')
  .map(({ code }) => code)
  .find((code) => code.includes('nestjs-backup create'));

describe('The restore test of docs/testing.md', () => {
  let host: CliHost;
  beforeEach(async () => {
    host = await CliHost.make();
    mkdirSync(join(host.folder, 'bin'));
    // What npx finds in the node_modules of an application.
    writeFileSync(join(host.folder, 'bin/npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    chmodSync(join(host.folder, 'bin/npx'), 0o755);
  });
  afterEach(() => host.remove());

  /** As a job of CI runs it, in the host's folder. */
  const run = () => {
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    const PATH = `${join(host.folder, 'bin')}:${process.env.PATH}`;
    const env = { ...inherited, ...host.environment, PATH };
    const code = restoreTest!.replaceAll('dist/app.module.js', host.app);
    return spawnSync('sh', ['-e', '-c', code], { cwd: host.folder, env, encoding: 'utf8' });
  };

  it('passes where everything comes back, and leaves the application as it was', async () => {
    const before = await host.state();
    const { status, stdout } = run();
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/3 rows/) });
    expect(stdout).toMatch(/restored/i);
    expect(await host.state()).toEqual(before);
  });

  it('fails where a data directory is gone', () => {
    rmSync(host.files, { recursive: true });
    expect(run().status).toBe(1);
    expect(existsSync(join(host.folder, 'backup.zip.crypt'))).toBe(false);
  });
});
