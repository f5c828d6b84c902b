import { execFileSync, spawn } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type KeyPair, keyPair } from '../fixtures/age.js';
import { CliHost } from '../fixtures/cli.js';

jest.setTimeout(180_000);

describe('A file of keys or settings that is named on the command line', () => {
  let host: CliHost;
  let alice: KeyPair;
  const at = (name: string) => join(host.folder, name);
  beforeAll(async () => {
    [host, alice] = [await CliHost.make(), await keyPair()];
    writeFileSync(at('alice.txt'), alice.file);
    writeFileSync(at('large'), '');
    truncateSync(at('large'), 1024 * 1024 + 1);
    const made = await host.run(['create', '--app', host.app, '-o', 'b.zip.age', '--recipient', alice.recipient]);
    expect(made).toMatchObject({ code: 0 });
  });
  afterAll(() => host.remove());

  const OPTIONS: Array<[string, string[]]> = [
    ['identity', ['--identity']],
    ['AES key', ['--key-file']],
    ['public keys', ['--identity', 'alice.txt', '--signer']],
    ['variables', ['--identity', 'alice.txt', '--env-file']],
  ];
  // Node 20 reads --env-file itself, too, so no device is named there.
  const ENDLESS = OPTIONS.slice(0, 3).map(([what, args]) => [what, [...args, '/dev/zero']] as const);
  const LARGE = OPTIONS.map(([what, args]) => [what, [...args, 'large']] as const);

  it.each([...ENDLESS, ...LARGE])('is refused as one of %s when it is too large: %j', async (_what, args) => {
    const path = args.at(-1)!;
    const { code, stderr } = await host.run(['verify', 'b.zip.age', ...args]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(`"${path}" is larger than 1 MiB, so it is another file`),
    });
  });

  it('is read to its end when it is a pipe', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const writing = spawn('sh', ['-c', 'cat alice.txt > pipe'], { cwd: host.folder });
    expect(await host.run(['verify', 'b.zip.age', '--identity', 'pipe'])).toMatchObject({ code: 0 });
    writing.kill();
  });
});
