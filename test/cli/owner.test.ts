import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readlinkSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { CliHost, MAIN } from '../fixtures/cli.js';
import { problemWith } from '../fixtures/machine.js';
import { describeUnless } from '../fixtures/unless.js';

/** As in a container that has taken the privilege away. */
const WITHOUT_CHOWN = ['--bounding-set', '-chown', '--inh-caps', '-chown'];

const problem =
  process.geteuid?.() === 0 ? problemWith('setpriv', ...WITHOUT_CHOWN, 'true') : 'only root gives files away';

describeUnless(problem, 'A restore by a root who may not give files away', () => {
  it('is done, puts links back, and says whose the files are', async () => {
    const host = await CliHost.make();
    try {
      expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
      mkdirSync(join(host.files, 'gone'));
      symlinkSync('/nas', join(host.files, 'gone/link'));
      for (const path of ['gone', '']) chownSync(join(host.files, path), 1234, 4321);
      const command = [...WITHOUT_CHOWN, process.execPath, MAIN, 'restore', 'b.zip', '--app', host.app, '--replace'];
      const env = { ...process.env, ...host.environment, NODE_OPTIONS: '' };
      const { status, stdout } = spawnSync('setpriv', command, { cwd: host.folder, env });
      expect(stdout.toString()).toMatch(/warning: "files": the restored files belong to .*1234:4321/);
      expect(status).toBe(0);
      expect(readlinkSync(join(host.files, 'gone/link'))).toBe('/nas');
      expect(statSync(join(host.files, 'a.txt'))).toMatchObject({ uid: 0 });
    } finally {
      await host.remove();
    }
  });
});
