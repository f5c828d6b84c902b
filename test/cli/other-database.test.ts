import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliHost } from '../fixtures/cli.js';
import { describeEngine } from '../fixtures/databases.js';
import { everyday } from '../fixtures/everyday.js';

const DIES = { NODE_OPTIONS: `--import ${new URL('../fixtures/die-before-swap.mjs', import.meta.url).href}` };

describe.each(everyday(['postgres', 'mariadb', 'mysql', 'better-sqlite3'] as const, 3))('%s', (name) => {
  describeEngine('A restore that was killed between commit and swap', name, (engine) => {
    it('is left alone by an application of another database with the same files, and finished by its own', async () => {
      const host = await CliHost.make(engine);
      const other = await CliHost.make(engine);
      const sharing = { env: { HOST_FILES: host.files } };
      try {
        expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
        rmSync(join(host.files, 'a.txt'));
        writeFileSync(join(host.files, 'mine.txt'), 'mine');
        const killed = await host.run(['restore', 'b.zip', '--app', host.app, '--replace'], { env: DIES });
        expect(killed.code).toBeNull();

        expect(await other.start(sharing)).toMatchObject({ code: 0 });
        const locked = { code: 3, stderr: expect.stringContaining('another database') };
        expect(await other.run(['create', '--app', other.app, '-o', 'o.zip'], sharing)).toMatchObject(locked);

        expect(await host.start()).toMatchObject({ code: 0 });
        expect(readdirSync(host.files).toSorted()).toEqual(['a.txt', 'b.txt']);
        expect(await other.run(['create', '--app', other.app, '-o', 'o.zip'], sharing)).toMatchObject({ code: 0 });
      } finally {
        await other.remove();
        await host.remove();
      }
    });
  });
});
