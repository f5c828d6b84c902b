import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { readBackup } from '../fixtures/backup.js';
import { CliHost, isUp } from '../fixtures/cli.js';
import { IMPORTS, plantApp } from '../fixtures/cli-app.js';
import { everyday } from '../fixtures/everyday.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';

// Each start of the host takes seconds on a busy machine.
jest.setTimeout(300_000);

const WITH_TIMER = `${IMPORTS} setInterval(() => {}, 1000); export { Host as AppModule };`;
const LEAVES = `${IMPORTS} export class AppModule {}
  Module({ imports: [Host] })(AppModule);
  process.exit();
`;

describe('A command', () => {
  let host: CliHost;
  const app = ['--app', 'app.module.mjs'];
  /** Lines that say something of what went wrong. */
  const lines = (stderr: string) =>
    stderr
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('The host '));

  beforeEach(async () => {
    host = await CliHost.make();
    plantApp(host, { 'app.module.mjs': WITH_TIMER });
  });
  afterEach(() => host.remove());

  it('ends after its last byte has arrived, though the application leaves a timer running and the reader is slow', async () => {
    writeFileSync(join(host.files, 'large.bin'), Buffer.alloc(3_000_000, 'large'));
    const child = host.spawn(['create', ...app, '-o', '-']);
    const exit = once(child, 'exit');
    const chunks: Buffer[] = [];
    let waits = 0;
    for await (const chunk of child.stdout) {
      chunks.push(chunk as Buffer);
      // Longer than the command needs for what is left of it.
      if (waits++ < 5) await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(await exit).toEqual([0, null]);
    expect((await readBackup(Buffer.concat(chunks))).of('note')).toHaveLength(3);
  });

  it('has done its work where nobody can take its result any more, and says so where somebody may', async () => {
    const create = (file: string) => ['create', ...app, '-o', file];
    expect(await host.redirected('>/dev/full', create('b.zip'))).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/could not be written \(ENOSPC\); the command itself succeeded/),
    });
    expect((await readBackup(readFileSync(join(host.folder, 'b.zip')))).of('note')).toHaveLength(3);
    // Where the result is all, there is none.
    expect(await host.redirected('>/dev/full', ['inspect', 'b.zip'])).toMatchObject({ code: 1 });

    for (const redirection of ['2>/dev/full', '>/dev/full 2>/dev/full']) {
      expect(await host.redirected(redirection, ['restore', 'b.zip', ...app, '--replace'])).toMatchObject({ code: 0 });
    }
    const left = host.spawn(create('c.zip'));
    left.stdout.destroy();
    left.stderr.destroy();
    expect(await once(left, 'exit')).toEqual([0, null]);
  });

  it('fails where its archive or its list would go to a stdout that is closed', async () => {
    const closed = await host.redirected('>&-', ['create', ...app, '-o', '-']);
    expect(closed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The archive could not be written: stdout/m),
    });
    expect(closed.stderr).not.toContain('complete\n');
    expect(await host.redirected('>/dev/null', ['create', ...app, '-o', '-'])).toMatchObject({ code: 0 });

    expect(await host.redirected('>&-', ['create', ...app, '-o', 'b.zip'])).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('the command itself succeeded'),
    });
    expect(await host.redirected('>&-', ['inspect', 'b.zip'])).toMatchObject({ code: 1 });
    expect(await host.redirected('>/dev/null', ['inspect', 'b.zip'])).toMatchObject({ code: 0 });
  });

  it('says in its own words that stdout took no archive', async () => {
    const create = ['create', ...app, '-o', '-', '--quiet'];
    for (const redirection of ['>/dev/full', '| true']) {
      const { code, stderr } = await host.redirected(redirection, create);
      if (redirection === '>/dev/full') expect(code).toBe(1);
      expect(stderr).toMatch(
        /^The archive could not be written: stdout cannot take it.* \((ENOSPC|EPIPE)\)\. .+again\. \(ARCHIVE_FAILED\)/m,
      );
      expect(stderr).not.toMatch(/^\s+at /m);
    }
  });

  it('is not started with two places for one archive', async () => {
    expect(await host.run(['create', ...app, '-o', 'one.zip', '-o', 'two.zip'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('only once'),
    });
    expect(readdirSync(host.folder).filter((name) => name.endsWith('.zip'))).toEqual([]);
  });

  it('is not taken for done when the application ends its process', async () => {
    plantApp(host, { 'app.module.mjs': LEAVES });
    const { code, stderr } = await host.run(['create', ...app, '-o', 'b.zip', '--quiet']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('ended this process before') });
    expect(readdirSync(host.folder).filter((name) => name.includes('.partial'))).toEqual([]);
  });

  it.each(everyday(['SIGINT', 'SIGTERM'] as const, 1))(
    'undoes a restore that %s interrupts, and says so',
    async (signal) => {
      writeFileSync(join(host.files, 'large.bin'), '');
      truncateSync(join(host.files, 'large.bin'), 2e9);
      expect(await host.run(['create', ...app, '-o', 'b.zip', '--quiet'])).toMatchObject({ code: 0 });
      await host.database.query(`UPDATE note SET text = 'mine'`);
      truncateSync(join(host.files, 'large.bin'), 10);
      const before = await host.state();
      const child = host.spawn(['restore', 'b.zip', ...app, '--replace']);
      let stderr = '';
      child.stderr.on('data', (chunk) => (stderr += String(chunk)));
      await isUp(child);
      const staged = join(host.files, '.nestjs-backup');
      await until('files are staged', () => existsSync(staged), 60_000);
      const exit = once(child, 'exit');
      child.kill(signal);
      expect(await exit).toEqual([null, signal]);
      expect(lines(stderr)).toEqual([`Interrupted (${signal}). Nothing was changed.`]);
      expect(existsSync(staged)).toBe(false);
      expect(await host.state()).toEqual(before);
    },
  );

  it('says once what went wrong, with one remedy', async () => {
    const key = { BACKUP_AES_KEY: AES_KEY };
    expect(await host.run(['create', ...app, '--encrypt', '-o', 'b.crypt', '--quiet'], { env: key })).toMatchObject({
      code: 0,
    });
    expect(await host.run(['create', ...app, '-o', 'b.zip', '--quiet'])).toMatchObject({ code: 0 });
    const fails = async (args: string[], code: number, says: RegExp, env?: Record<string, string>) => {
      const answer = await host.run([...args, '--quiet'], { env });
      expect({ code: answer.code, lines: lines(answer.stderr) }).toEqual({
        code,
        lines: [expect.stringMatching(says)],
      });
    };
    await fails(['restore', 'b.zip', ...app], 3, /"note" holds rows; .*"files".* Use --replace/);
    await fails(
      ['restore', 'b.crypt', ...app],
      4,
      /no AES key was given\. Pass the key with --key-file, --key - or BACKUP_AES_KEY/,
    );
    await fails(['verify', 'b.crypt'], 4, /--key-file(?!.*another copy)/);
    await fails(['create', ...app, '--to', 'nowhere'], 2, /no destination "nowhere"/);
    await fails(['restore', 'vault', ...app], 4, /there is no file "vault".*vault:latest/);
    const vault = { HOST_VAULTS: JSON.stringify({ vault: host.folder }) };
    await fails(['restore', 'vault:nope', ...app], 4, /has no backup "nope".*nestjs-backup list to see/, vault);
    // Before the application is loaded, whatever it is.
    plantApp(host, { 'app.module.mjs': 'throw new Error("It was loaded.")' });
    const other = { BACKUP_AES_KEY: 'f'.repeat(64) };
    await fails(['restore', 'nope.zip', ...app], 4, /there is no file "nope\.zip"/);
    await fails(['restore', 'b.crypt', ...app], 4, /key is wrong/, other);
    await fails(['verify', '--restore', 'b.crypt', ...app], 4, /key is wrong/, other);
  });

  it('takes a key at hand for encrypted archives only', async () => {
    const env = { BACKUP_AES_KEY: AES_KEY };
    const created = await host.run(['create', ...app, '-o', 'b.zip'], { env });
    expect(created).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/Warning: an AES key was given without --encrypt/),
    });
    for (const command of [
      ['verify', 'b.zip'],
      ['inspect', 'b.zip'],
      ['restore', 'b.zip', '--replace', '--dry-run', ...app],
    ]) {
      expect(await host.run(command, { env })).toMatchObject({ code: 0 });
    }
  });
});
