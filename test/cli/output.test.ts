import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CliHost, isUp } from '../fixtures/cli.js';
import { AES_KEY } from '../fixtures/secrets.js';

describe('A place where no archive can be written', () => {
  let host: CliHost;
  beforeAll(async () => {
    host = await CliHost.make();
    writeFileSync(join(host.folder, 'mine.zip'), 'mine');
    writeFileSync(join(host.folder, 'file'), '');
  });
  afterAll(() => host.remove());

  it.each([
    ['that is there already', 'mine.zip', 2, /"\S+mine\.zip" already exists/],
    ['in a directory that is not there', 'none/b.zip', 2, /there is no directory ".*\/none"/],
    ['below a file', 'file/b.zip', 2, /there is no directory ".*\/file"/],
    ['in a directory that takes no files', '/proc/self/b.zip', 1, /cannot be written/],
  ])('is refused before the application is booted: a file %s', async (_what, path, code, says) => {
    const before = readdirSync(host.folder);
    const answer = await host.run(['create', '--app', host.app, '-o', path]);
    expect(answer).toMatchObject({ code, stderr: expect.stringMatching(says) });
    expect(answer.stderr).not.toContain('The host');
    expect(readdirSync(host.folder)).toEqual(before);
  });

  it('is refused before anything is decrypted', async () => {
    writeFileSync(join(host.folder, 'b.crypt'), 'no archive at all');
    const env = { BACKUP_AES_KEY: AES_KEY };
    const answer = await host.run(['decrypt', 'b.crypt', '-o', 'mine.zip'], { env });
    expect(answer).toMatchObject({ code: 2, stderr: expect.stringContaining('already exists') });
    expect(existsSync(join(host.folder, 'b'))).toBe(false);
  });
});

describe('A place on a filesystem without hard links', () => {
  const NO_LINKS = `--import ${new URL('../fixtures/no-links-fs.mjs', import.meta.url).href}`;

  it('takes an archive all the same, and never over another file', async () => {
    const host = await CliHost.make();
    try {
      const create = ['create', '--app', host.app, '-o', 'b.zip'];
      expect(await host.run(create, { env: { NODE_OPTIONS: NO_LINKS } })).toMatchObject({ code: 0 });
      expect(await host.run(['verify', 'b.zip'])).toMatchObject({ code: 0 });
      expect(readdirSync(host.folder).filter((name) => name.startsWith('.'))).toEqual([]);
      const running = host.spawn(create.with(-1, 'c.zip'), { NODE_OPTIONS: NO_LINKS });
      running.stdin.end();
      const said = text(running.stderr);
      await isUp(running);
      writeFileSync(join(host.folder, 'c.zip'), 'mine');
      const [code] = await once(running, 'exit');
      expect({ code, said: await said }).toEqual({ code: 2, said: expect.stringContaining('already exists') });
      expect(readFileSync(join(host.folder, 'c.zip'), 'utf8')).toBe('mine');
    } finally {
      await host.remove();
    }
  });
});
