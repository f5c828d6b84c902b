import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliHost } from '../fixtures/cli.js';
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
    ['that is there already', 'mine.zip', 2, /"\S+mine\.zip" exists already/],
    ['in a directory that is not there', 'none/b.zip', 1, /none\/b\.zip" cannot be written \(ENOENT\)/],
    ['below a file', 'file/b.zip', 1, /cannot be written \(ENOTDIR\)/],
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
    expect(answer).toMatchObject({ code: 2, stderr: expect.stringContaining('exists already') });
    expect(existsSync(join(host.folder, 'b'))).toBe(false);
  });
});
