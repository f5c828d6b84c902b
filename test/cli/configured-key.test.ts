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
});
