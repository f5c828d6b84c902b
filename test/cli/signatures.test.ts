import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { CliHost } from '../fixtures/cli.js';
import { everyday } from '../fixtures/everyday.js';
import { type SigningPair, signingPair, sshKeygenProblem } from '../fixtures/signing.js';
import { itUnless } from '../fixtures/unless.js';

// Each start of the host takes seconds on a busy machine.
jest.setTimeout(180_000);

describe('Signatures on the command line', () => {
  let host: CliHost;
  let own: SigningPair;
  let other: SigningPair;
  const app = () => ['--app', host.app];
  const run = (args: string[], env: Record<string, string> = {}) => host.run(args, { env });
  const put = (name: string, content: string | Buffer) => writeFileSync(join(host.folder, name), content);

  beforeAll(async () => {
    [host, own, other] = [await CliHost.make(), signingPair(), signingPair()];
    put('own.pub', `${own.line}\n`);
    put('other.pub', `${other.line}\n`);
    put('allowed', `# who makes backups\nbackup@example.com namespaces="nestjs-backup" ${own.line}\n`);
    put('key.txt', 'ab'.repeat(32));
    const signs = { HOST_SIGNING_KEY: own.pem };
    expect(await run(['create', ...app(), '-o', 'signed.zip'], signs)).toMatchObject({ code: 0 });
    const secret = ['--encrypt', '--key-file', 'key.txt'];
    expect(await run(['create', ...app(), '-o', 'signed.zip.crypt', ...secret], signs)).toMatchObject({ code: 0 });
    expect(await run(['create', ...app(), '-o', 'unsigned.zip'])).toMatchObject({ code: 0 });
    // As it stands in a file of environment variables.
    const line = { HOST_SIGNING_KEY: other.pem.replaceAll('\n', '\\n') };
    expect(await run(['create', ...app(), '-o', 'foreign.zip'], line)).toMatchObject({ code: 0 });
    mkdirSync(join(host.folder, 'unzipped'));
  });
  afterAll(() => host.remove());

  itUnless(sshKeygenProblem())('are those that ssh-keygen verifies', () => {
    execFileSync('unzip', ['-q', '../signed.zip'], { cwd: join(host.folder, 'unzipped') });
    const shown = spawnSync(
      'sh',
      [
        '-c',
        'ssh-keygen -Y verify -f ../allowed -I backup@example.com -n nestjs-backup -s manifest.json.sig <manifest.json',
      ],
      { cwd: join(host.folder, 'unzipped'), encoding: 'utf8' },
    );
    expect(shown).toMatchObject({ status: 0, stdout: expect.stringContaining(own.fingerprint) });
    const manifest = JSON.parse(readFileSync(join(host.folder, 'unzipped/manifest.json'), 'utf8'));
    const sums = spawnSync(
      'sh',
      ['-c', `unzip -Z1 ../signed.zip 'files/*' | grep -v '/$' | xargs sha256sum | sha256sum`],
      {
        cwd: join(host.folder, 'unzipped'),
        encoding: 'utf8',
      },
    );
    expect(manifest.files.files.digest).toBe(`sha256:${sums.stdout.split(' ')[0]}`);
    expect(manifest.signer).toBe(own.fingerprint);
  });

  it.each<[string, string[], number, RegExp]>([
    ['signed.zip', ['--signer', 'own.pub'], 0, /trusted/],
    ['signed.zip', ['--signer', 'allowed'], 0, /trusted/],
    ['signed.zip', [], 0, /signed +by SHA256:/],
    ['signed.zip.crypt', ['--signer', 'own.pub', '--key-file', 'key.txt'], 0, /trusted/],
    ['unsigned.zip', [], 0, /signed +not signed/],
    ['signed.zip', ['--signer', 'other.pub'], 4, /\(SIGNATURE_UNTRUSTED\)/],
    ['foreign.zip', ['--signer', 'allowed'], 4, /\(SIGNATURE_UNTRUSTED\)/],
    ['unsigned.zip', ['--signer', 'own.pub'], 4, /\(SIGNATURE_MISSING\)/],
    ['signed.zip', ['--signer', 'key.txt'], 2, /line 1: it is not a public key of OpenSSH.*Give public keys/],
    ['signed.zip', ['--signer', 'gone.pub'], 2, /"gone.pub" cannot be read \(ENOENT\)/],
  ])('are verified: %s with %j ends with %i', async (archive, args, code, text) => {
    const { code: ended, stdout, stderr } = await run(['verify', archive, ...args]);
    expect([ended, `${stdout}${stderr}`]).toEqual([code, expect.stringMatching(text)]);
  });

  const restores: Array<[string, string[], Record<string, () => string>, number]> = [
    ['signed.zip', ['--signer', 'own.pub'], {}, 0],
    ['signed.zip', [], { HOST_SIGNERS: () => JSON.stringify([own.line]) }, 0],
    ['signed.zip', ['--signer', 'own.pub'], { HOST_SIGNERS: () => JSON.stringify([other.line]) }, 0],
    ['foreign.zip', ['--signer', 'own.pub'], {}, 4],
    ['foreign.zip', [], { HOST_SIGNERS: () => JSON.stringify([own.line]) }, 4],
    ['unsigned.zip', [], { HOST_SIGNERS: () => JSON.stringify([own.line]) }, 4],
    ['unsigned.zip', ['--dry-run'], { HOST_SIGNERS: () => JSON.stringify([own.line]) }, 4],
    // An option that cannot be honoured stops what needs it.
    ['signed.zip', [], { HOST_SIGNERS: () => '[]' }, 1],
  ];
  it.each(everyday(restores, 4))(
    'decide about a restore: %s with %j ends as it should',
    async (archive, args, env, code) => {
      const before = await host.state();
      const given = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value()]));
      const answer = await run(['restore', archive, ...app(), '--replace', ...args], given);
      expect([answer.code, answer.stderr]).toEqual([code, expect.anything()]);
      if (code !== 0) expect(await host.state()).toEqual(before);
      else expect(String(answer.stdout)).toContain(`signed by ${own.fingerprint}, a trusted signer`);
    },
  );

  it('are shown by inspect, trusted or not, and as JSON', async () => {
    const inspect = async (archive: string, ...args: string[]) =>
      String((await run(['inspect', archive, ...args])).stdout);
    expect(await inspect('signed.zip', '--signer', 'own.pub')).toContain(`by ${own.fingerprint}, a trusted signer`);
    expect(await inspect('foreign.zip', '--signer', 'own.pub')).toContain('NOT A TRUSTED SIGNER');
    expect(await inspect('unsigned.zip', '--signer', 'own.pub')).toContain('not signed');
    const signature = { signer: own.fingerprint, trusted: null };
    expect(JSON.parse(await inspect('signed.zip', '--json'))).toMatchObject({ signature, signer: own.fingerprint });
    expect(JSON.parse(await inspect('unsigned.zip', '--json'))).toMatchObject({ signature: null });
  });

  it('are asked for where an application is named, whatever key is given', async () => {
    const env = { HOST_SIGNERS: JSON.stringify([own.line]) };
    const args = ['--key-file', 'key.txt', ...app()];
    expect(await run(['verify', 'signed.zip.crypt', ...args], env)).toMatchObject({ code: 0 });
    const foreign = { HOST_SIGNERS: JSON.stringify([other.line]) };
    const refused = await run(['verify', 'signed.zip.crypt', ...args], foreign);
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('SIGNATURE_UNTRUSTED') });
  });
});
