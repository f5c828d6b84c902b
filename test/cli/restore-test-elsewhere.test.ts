import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { BackupHealthIndicator } from '../../lib/health/index.js';
import { keyPair } from '../fixtures/age.js';
import { CliHost, MAIN } from '../fixtures/cli.js';
import { blocksIn } from '../fixtures/documentation.js';
import { healthApp } from '../fixtures/health-app.js';
import { secret } from '../fixtures/secrets.js';
import { type SigningPair, signingPair, sshKeygenProblem } from '../fixtures/signing.js';
import { itUnless } from '../fixtures/unless.js';

jest.setTimeout(240_000);

const HOST_RETENTION_KEY = secret('what only the application knows');
const NOT_COUNTED =
  'A restore test in "vault" does not count, because nothing trusted vouches for it. Where it is made, the application needs the same retentionKey and a database of the same name, and with trustedSigners a signingKey whose public key is one of them here.';

describe('A restore test on a machine that has the identity', () => {
  let host: CliHost;
  let server: SigningPair;
  let tester: SigningPair;
  let recipients: string[];
  const vault = () => join(host.folder, 'vault');
  beforeEach(async () => {
    host = await CliHost.make();
    mkdirSync(vault());
    const pair = await keyPair();
    writeFileSync(join(host.folder, 'key.txt'), pair.file);
    recipients = [pair.recipient];
    [server, tester] = [signingPair('server'), signingPair('tester')];
  });
  afterEach(() => host.remove());

  const environment = (more: Record<string, string>) => ({
    HOST_RECIPIENTS: JSON.stringify(recipients),
    HOST_VAULTS: JSON.stringify({ vault: vault() }),
    HOST_RETENTION_KEY,
    ...more,
  });
  const signing = (key: SigningPair | null, ...trusted: SigningPair[]) => ({
    ...(key && { HOST_SIGNING_KEY: key.pem }),
    HOST_SIGNERS: JSON.stringify(trusted.map(({ line }) => line)),
  });
  /** Makes a backup where the identity is not. */
  const make = async (env: Record<string, string> = {}) => {
    const made = await host.run(['create', '--app', host.app, '--to', 'vault'], { env: environment(env) });
    expect(made).toMatchObject({ code: 0 });
  };
  /** Tests it where the identity is. @returns what is said on stderr */
  const test = async (more: Record<string, string> = {}, retentionKey: object = { HOST_RETENTION_KEY }) => {
    const args = ['test', '--from', 'vault', '--app', host.app, '--identity', 'key.txt', '--json'];
    const { HOST_RETENTION_KEY: _, ...others } = environment(more);
    const tested = await host.run(args, { env: { ...others, ...retentionKey } });
    expect(tested).toMatchObject({ code: 0 });
    expect(JSON.parse(String(tested.stdout))).toMatchObject({ restoreTest: true, encrypted: true });
    return tested.stderr;
  };
  /** What the application's health says. */
  const health = async (trustedSigners: SigningPair[] = []) => {
    const app = await healthApp(host, vault(), {
      recipients,
      retentionKey: HOST_RETENTION_KEY,
      ...(trustedSigners.length > 0 && {
        signingKey: server.pem,
        trustedSigners: trustedSigners.map(({ line }) => line),
      }),
    });
    try {
      const { status, warning = null } = (await app.get(BackupHealthIndicator).isHealthy('it')).it;
      return { status, warning };
    } finally {
      await app.close();
    }
  };

  it('counts by the seal where nothing is signed, and says what is missing where it has another one', async () => {
    await make();
    expect(await health()).toEqual({ status: 'down', warning: null });
    expect(await test({}, {})).toMatch(
      /may not count elsewhere: it is not sealed as the backup is\. Set the retentionKey of the application that made it/,
    );
    expect(await health()).toEqual({ status: 'down', warning: NOT_COUNTED });
    expect(await test()).not.toContain('not count');
    expect(await health()).toEqual({ status: 'up', warning: null });
  });

  it('does not count where the application trusts itself alone, and both sides say what to do', async () => {
    await make(signing(server, server));
    for (const env of [signing(null, server), {}]) {
      expect(await test(env)).toMatch(
        /may not count elsewhere: it is not signed, and the backup is\. Give this machine a signingKey of its own, and put its public key into trustedSigners, here and in the application that made it/,
      );
      expect(await health([server])).toEqual({ status: 'down', warning: NOT_COUNTED });
    }
    // Here it cannot be known whom the application trusts.
    expect(await test(signing(tester, server, tester))).not.toContain('not count');
    expect(await health([server])).toEqual({ status: 'down', warning: NOT_COUNTED });
    expect(await health([server, tester])).toEqual({ status: 'up', warning: null });
  });

  itUnless(sshKeygenProblem())('counts when it is made as docs/restore-test.md says', async () => {
    const run = (program: string, args: readonly string[], env: object = {}) => {
      const { NODE_OPTIONS: _, BACKUP_IDENTITY: __, ...inherited } = process.env;
      return execFileSync(program, args, { cwd: host.folder, env: { ...inherited, ...host.environment, ...env } });
    };
    const [makesKey] = blocksIn('docs/restore-test.md', 'sh').filter(({ code }) => code.includes('ssh-keygen'));
    run('sh', ['-c', makesKey!.code]);
    const made = (name: string) => readFileSync(join(host.folder, name), 'utf8').trim();
    const own: SigningPair = { ...tester, pem: secret(made('restore-tests-key')), line: made('restore-tests-key.pub') };
    await make(signing(server, server, own));
    expect(await health([server, own])).toEqual({ status: 'down', warning: null });

    const [cronJob] = blocksIn('docs/restore-test.md', 'text').filter(({ code }) => code.includes('kind: CronJob'));
    const asked = /args:\n((?: +- .*\n)+)/.exec(cronJob!.code)![1]!.trimEnd().split('\n');
    const args = asked.map((line) => line.replace(/^ +- /, ''));
    expect(args.slice(0, 2)).toEqual(['npx', 'nestjs-backup']);
    const places = { '/identity/key.txt': 'key.txt', 'dist/app.module.js': host.app, '/scratch': host.folder };
    const given = args.slice(2).map((arg) => {
      const [flag, value = ''] = arg.split('=');
      return value in places ? `${flag}=${places[value as keyof typeof places]}` : arg;
    });
    run(process.execPath, [MAIN, ...given], environment(signing(own, server, own)));
    expect(await health([server, own])).toEqual({ status: 'up', warning: null });
  });
});
