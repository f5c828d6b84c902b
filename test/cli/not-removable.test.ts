import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliHost } from '../fixtures/cli.js';
import { attributesProblem } from '../fixtures/machine.js';
import { describeUnless } from '../fixtures/unless.js';

describeUnless(attributesProblem(), 'A replaced file that cannot be removed', () => {
  it('is named, and stops no start, backup or restore; it is removed when it can be', async () => {
    const host = await CliHost.make();
    const find = () =>
      execFileSync('find', [host.files, '-name', 'fixed.txt', '-path', '*replaced*']).toString().trim();
    try {
      expect(await host.run(['create', '--app', host.app, '-o', 'b.zip'])).toMatchObject({ code: 0 });
      mkdirSync(join(host.files, 'deep/er'), { recursive: true });
      writeFileSync(join(host.files, 'deep/er/fixed.txt'), '');
      execFileSync('chattr', ['+i', join(host.files, 'deep/er/fixed.txt')]);
      const restore = ['restore', 'b.zip', '--app', host.app, '--replace'];
      const done = await host.run(restore);
      expect(done.code).toBe(0);
      expect(done.stdout.toString()).toContain('deep/er/fixed.txt');
      expect(await host.start()).toMatchObject({ code: 0 });
      const create = await host.run(['create', '--app', host.app, '-o', 'c.zip']);
      expect(create).toMatchObject({ code: 0, stderr: expect.stringContaining('deep/er/fixed.txt') });
      expect(await host.run(restore)).toMatchObject({ code: 0 });
      execFileSync('chattr', ['-i', find()]);
      expect(await host.start()).toMatchObject({ code: 0 });
      expect(readdirSync(host.files).toSorted()).toEqual(['a.txt', 'b.txt']);
    } finally {
      if (find() !== '') execFileSync('chattr', ['-i', find()]);
      await host.remove();
    }
  });
});
