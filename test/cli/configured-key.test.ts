import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { CliHost } from '../fixtures/cli.js';
import { AES_KEY, secret } from '../fixtures/secrets.js';

const OTHER_KEY = secret('ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff');

// Each start of the host takes seconds on a busy machine.
jest.setTimeout(180_000);

describe('The key of an application on the command line', () => {
  let host: CliHost;
  let env: Record<string, string>;
  const vault = () => readdirSync(join(host.folder, 'vault'));
  const run = (...args: string[]) => host.run([...args, '--app', host.app], { env });

  beforeAll(async () => {
    host = await CliHost.make();
    mkdirSync(join(host.folder, 'vault'));
    env = { HOST_KEY: AES_KEY, HOST_VAULTS: JSON.stringify({ vault: join(host.folder, 'vault') }) };
    writeFileSync(join(host.folder, 'other-key'), OTHER_KEY);
  });
  afterAll(() => host.remove());

  it('encrypts without being asked, and opens what it has encrypted', async () => {
    expect(await run('create', '-o', 'own.crypt')).toMatchObject({
      code: 0,
      stderr: expect.not.stringContaining('Warning'),
    });
    expect(readFileSync(join(host.folder, 'own.crypt'))[0]).toBe(40);
    expect(await run('create', '--encrypt', '-o', 'asked.crypt')).toMatchObject({ code: 0 });
    for (const command of [['verify'], ['inspect'], ['restore', '--replace', '--dry-run']]) {
      const [name, ...more] = command;
      expect(await run(name!, 'own.crypt', ...more)).toMatchObject({ code: 0 });
    }
    expect(await host.run(['verify', 'own.crypt'], { env })).toMatchObject({ code: 4 });
  });

  it('stores nothing in the clear without a word', async () => {
    expect(await run('create', '--to', 'vault')).toMatchObject({ code: 0 });
    expect(vault().every((name) => name.includes('.zip.crypt'))).toBe(true);
    expect(await run('restore', 'vault:latest', '--replace', '--dry-run')).toMatchObject({ code: 0 });
    expect(await run('create', '--to', 'vault', '--plaintext')).toMatchObject({ code: 0 });
    expect(vault().filter((name) => name.endsWith('.zip'))).toHaveLength(1);
    // Another key at hand is not for it.
    const plain = vault()
      .find((name) => name.endsWith('.zip'))!
      .slice(-40, -4);
    const atHand = { env: { ...env, BACKUP_AES_KEY: AES_KEY } };
    const verified = await host.run(['verify', `vault:${plain}`, '--plaintext', '--app', host.app], atHand);
    expect(verified).toMatchObject({ code: 0 });
    const contradiction = await run('create', '--plaintext', '--encrypt', '-o', 'none.zip');
    expect(contradiction).toMatchObject({ code: 2, stderr: expect.stringContaining('contradict') });
  });

  it('gives way to a key that is given', async () => {
    const args = ['--key-file', 'other-key'];
    expect(await run('create', '-o', 'other.crypt', ...args)).toMatchObject({ code: 0 });
    expect(await run('verify', 'other.crypt')).toMatchObject({ code: 4 });
    expect(await run('verify', 'other.crypt', ...args)).toMatchObject({ code: 0 });
  });

  it('leaves a backup good beside what decrypt has made of it, and says so', async () => {
    const [archive] = vault().filter((name) => name.endsWith('.crypt'));
    const decrypted = await host.run(['decrypt', `vault/${archive}`], { env: { BACKUP_AES_KEY: AES_KEY } });
    expect(decrypted).toMatchObject({ code: 0, stderr: expect.stringMatching(/Warning: .*unencrypted/) });
    const listed = JSON.parse(String((await run('list', '--json')).stdout)) as Array<Record<string, unknown>>;
    expect(listed.find((one) => one.archive === archive)).toMatchObject({ result: 'success', origin: 'own' });
    expect(String((await run('list')).stdout)).toMatch(/failed .*decrypted copy/);
    const away = await host.run(['decrypt', `vault/${archive}`, '-o', 'away.zip'], {
      env: { BACKUP_AES_KEY: AES_KEY },
    });
    expect(away).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Warning') });
  });

  describe('whose variable is not set', () => {
    const unset = () => ({ env: { ...env, HOST_KEY: '' } });
    const says = (code: number) => ({ code, stderr: expect.stringContaining('option "encryptionKey": it is empty') });
    const withKey = ['--key-file', 'the-key'];

    beforeAll(() => writeFileSync(join(host.folder, 'the-key'), AES_KEY));

    it('stops the start of the application, and what would write without a key', async () => {
      const app = ['--app', host.app];
      expect((await host.start(unset())).stderr).toContain('option "encryptionKey": it is empty');
      expect(await host.run(['create', '-o', 'none.zip', ...app], unset())).toMatchObject(says(1));
      expect(await host.run(['create', '--to', 'vault', ...app], unset())).toMatchObject(says(1));
      expect(await host.run(['create', '--to', 'vault', '--plaintext', ...app], unset())).toMatchObject(says(1));
      expect(readdirSync(host.folder)).not.toContain('none.zip');
    });

    it('does not stop a command that was given the key, or writes nothing', async () => {
      const runs = (...args: string[]) => host.run([...args, '--app', host.app], unset());
      expect(await run('create', '--to', 'vault')).toMatchObject({ code: 0 });
      expect(await runs('create', '--encrypt', '-o', 'given.crypt', ...withKey)).toMatchObject({ code: 0 });
      for (const archive of ['given.crypt', 'vault:latest']) {
        expect(await runs('verify', archive, ...withKey)).toMatchObject({ code: 0 });
        expect(await runs('restore', archive, '--replace', ...withKey)).toMatchObject({ code: 0 });
      }
      expect(await runs('list')).toMatchObject({ code: 0, stderr: expect.stringContaining('cannot be told') });
    });

    it('does not let a planted archive pass for one of the application', async () => {
      const { HOST_KEY: _, ...keyless } = env;
      const planted = await host.run(['create', '--to', 'vault', '--app', host.app], { env: keyless });
      expect(planted).toMatchObject({ code: 0 });
      const latest = ['restore', 'vault:latest', '--replace', '--dry-run', '--app', host.app];
      expect(await host.run(latest, unset())).toMatchObject(says(1));
      const foreign = await host.run([...latest, '--key-file', 'other-key'], unset());
      expect(foreign.code).toBe(4);
      const own = await host.run([...latest, ...withKey], unset());
      expect(own).toMatchObject({ code: 0, stderr: expect.stringContaining('is not the newest: skipped') });
    });
  });

  it('is not asked for a destination that is missing when a file is restored', async () => {
    const missing = { env: { ...env, HOST_VAULTS: JSON.stringify({ vault: join(host.folder, 'gone') }) } };
    expect(await run('create', '-o', 'whole.crypt')).toMatchObject({ code: 0 });
    const restored = await host.run(['restore', 'whole.crypt', '--replace', '--app', host.app], missing);
    expect(restored).toMatchObject({ code: 0 });
    expect(await host.run(['verify', 'whole.crypt', '--app', host.app], missing)).toMatchObject({ code: 0 });
    const refusal = { code: 1, stderr: expect.stringMatching(/"destinations.vault": .*\(ENOENT\).*Create it/) };
    expect(await host.run(['create', '--to', 'vault', '--app', host.app], missing)).toMatchObject(refusal);
    expect((await host.start(missing)).stderr).toMatch(/"destinations.vault": .*\(ENOENT\)/);
  });
});
