import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { type KeyPair, keyPair, protectedFile } from '../fixtures/age.js';
import { openedByEach } from '../fixtures/age-readers.js';
import { readBackup } from '../fixtures/backup.js';
import { CliHost } from '../fixtures/cli.js';
import { everyday } from '../fixtures/everyday.js';
import { onTerminal, runOnTerminal } from '../fixtures/on-terminal.js';
import { AES_KEY } from '../fixtures/secrets.js';

// Each start of the host takes seconds on a busy machine.
jest.setTimeout(180_000);

const PASSPHRASE = 'a horse and a battery';

describe('Recipients and identities on the command line', () => {
  let host: CliHost;
  let alice: KeyPair;
  let bob: KeyPair;
  const app = () => ['--app', host.app];
  const run = (args: string[], env: Record<string, string> = {}) => host.run(args, { env });
  const put = (name: string, content: string | Buffer) => writeFileSync(join(host.folder, name), content);

  beforeAll(async () => {
    [host, alice, bob] = [await CliHost.make(), await keyPair(), await keyPair('hybrid')];
    put('alice.txt', alice.file);
    put('bob.txt', bob.file);
    put('key.txt', AES_KEY);
    put('locked.txt', (await protectedFile(alice.file, PASSPHRASE)).armored);
    mkdirSync(join(host.folder, 'vault'));
    const recipients = ['--recipient', alice.recipient, '--recipient', bob.recipient];
    const made = await run(['create', ...app(), '-o', 'b.zip.age', ...recipients], { BACKUP_AES_KEY: AES_KEY });
    expect(made).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Warning') });
    const aes = await run(['create', ...app(), '-o', 'b.zip.crypt', '--encrypt', '--key-file', 'key.txt']);
    expect(aes.code).toBe(0);
  });
  afterAll(() => host.remove());

  it('encrypt an archive that is opened by each of them', async () => {
    const archive = readFileSync(join(host.folder, 'b.zip.age'));
    expect(archive.subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    expect((await readBackup(await openedByEach(archive, alice))).of('note')).toHaveLength(3);
    for (const name of ['alice', 'bob']) {
      const identity = ['--identity', `${name}.txt`];
      expect(await run(['verify', 'b.zip.age', ...identity])).toMatchObject({ code: 0 });
      const inspected = await run(['inspect', 'b.zip.age', '--json', ...identity]);
      expect(JSON.parse(String(inspected.stdout))).toMatchObject({ encrypted: true, complete: true });
      expect(await run(['restore', 'b.zip.age', ...app(), '--replace', ...identity])).toMatchObject({ code: 0 });
      expect(await run(['decrypt', 'b.zip.age', '-o', `${name}.zip`, ...identity])).toMatchObject({ code: 0 });
      expect((await readBackup(readFileSync(join(host.folder, `${name}.zip`)))).of('note')).toHaveLength(3);
    }
  });

  it('are read from BACKUP_IDENTITY: the path of a file, or what is in it', async () => {
    for (const value of ['alice.txt', alice.file, alice.identity]) {
      const env = { BACKUP_IDENTITY: value };
      expect(await run(['verify', 'b.zip.age'], env)).toMatchObject({ code: 0 });
      const restored = await run(['restore', 'b.zip.age', ...app(), '--replace', '--dry-run'], env);
      expect(restored).toMatchObject({ code: 0 });
    }
    const stdin = readFileSync(join(host.folder, 'b.zip.age'));
    const both = { BACKUP_IDENTITY: 'alice.txt', BACKUP_AES_KEY: AES_KEY };
    expect(await host.run(['verify', '-'], { stdin, env: both })).toMatchObject({ code: 0 });
    expect(await host.run(['decrypt', '-'], { stdin, env: both })).toMatchObject({ code: 0 });
    // What is merely at hand opens what it fits, and nothing else needs it.
    expect(await run(['decrypt', 'b.zip.age'], both)).toMatchObject({ code: 0 });
    expect(await run(['verify', 'b.zip'], both)).toMatchObject({ code: 0 });
    expect(await run(['verify', 'b.zip.crypt'], both)).toMatchObject({ code: 0 });
    expect(await run(['decrypt', 'b.zip.crypt', '-o', 'of-key.zip'], both)).toMatchObject({ code: 0 });
  });

  const unopened: Array<[string, string, string[], number, RegExp]> = [
    [
      'without an identity',
      'b.zip.age',
      [],
      4,
      /encrypted to recipients, and no identity was given\. (?!.*HTTP).*--identity/,
    ],
    ['with a key alone', 'b.zip.age', ['--key-file', 'key.txt'], 4, /encrypted to recipients.*--identity/],
    ['with another identity', 'b.zip.age', ['--identity', 'other.txt'], 4, /belongs to none of its recipients/],
    ['made with a key, with an identity alone', 'b.zip.crypt', ['--identity', 'alice.txt'], 4, /AES key.*--key-file/],
    ['with a file that is none', 'b.zip.age', ['--identity', 'key.txt'], 2, /line 1: this is not an age identity/],
    ['with a file that is missing', 'b.zip.age', ['--identity', 'gone.txt'], 2, /"gone.txt" cannot be read \(ENOENT\)/],
    ['with two files', 'b.zip.age', ['--identity', 'alice.txt', '--identity', 'bob.txt'], 2, /only once/],
  ];
  it.each(everyday(unopened, 3))(
    'say what to give when an archive is read %s',
    async (_what, archive, args, code, text) => {
      put('other.txt', (await keyPair()).file);
      for (const command of [['verify'], ['inspect'], ['restore', ...app(), '--replace', '--dry-run']]) {
        const { stderr, code: ended } = await run([command[0]!, archive, ...command.slice(1), ...args]);
        expect({ ended, stderr }).toEqual({ ended: code, stderr: expect.stringMatching(text) });
      }
      if (args.length === 0) return;
      const decrypted = await run(['decrypt', archive, '-o', 'none.zip', ...args]);
      expect(decrypted).toMatchObject({ code, stderr: expect.stringMatching(text) });
      expect(readdirSync(host.folder)).not.toContain('none.zip');
    },
  );

  it('are refused on the command line as what they are not, and nothing is made', async () => {
    const refused = async (args: string[], text: RegExp) => {
      const answer = await run(['create', ...app(), '-o', 'none.zip', ...args]);
      expect(answer).toMatchObject({ code: 2, stderr: expect.stringMatching(text) });
      expect(readdirSync(host.folder)).not.toContain('none.zip');
    };
    await refused(['--recipient', alice.identity], /it is an identity, which must stay secret/);
    await refused(['--recipient', alice.recipient, '--recipient', ''], /Recipient 2 of 2 .*empty/);
    await refused(['--recipient', alice.recipient, '--plaintext'], /contradict/);
    await refused(['--recipient', alice.recipient, '--encrypt'], /contradict/);
    await refused(['--recipient', alice.recipient, '--key-file', 'key.txt'], /contradict/);
    const told = await run(['verify', 'b.zip.age', '--identity', alice.identity]);
    expect(told).toMatchObject({ code: 2, stderr: expect.stringMatching(/read arguments/) });
    expect(told.stderr).not.toContain(alice.identity);
  });

  it('ask for a passphrase only on a terminal', async () => {
    const { code, stderr } = await run(['verify', 'b.zip.age', '--identity', 'locked.txt']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/no terminal to prompt on/) });
    // Nobody is asked for what is not needed.
    expect(
      await run(['verify', 'b.zip.crypt', '--key-file', 'key.txt'], { BACKUP_IDENTITY: 'locked.txt' }),
    ).toMatchObject({
      code: 0,
    });
  });

  onTerminal('ask for the passphrase of a protected file, and show nothing of it', async () => {
    const args = ['verify', 'b.zip.age', '--identity', 'locked.txt'];
    const question = 'Passphrase of locked.txt: ';
    const { code, shown } = await runOnTerminal(host, args, { typed: `${PASSPHRASE}\r`, question });
    expect({ code, shown }).toEqual({ code: 0, shown: expect.stringContaining('every byte was read') });
    expect(shown).not.toContain('horse');
    const wrong = await runOnTerminal(host, args, { typed: 'wrong\r', question });
    expect(wrong).toEqual({ code: 2, shown: expect.stringContaining('the passphrase is wrong') });
  });

  it.each([[[]], [['--pq']]])('are made by keygen %j, for their owner alone', async (flags) => {
    const name = `made${flags.join('')}.txt`;
    const made = await run(['keygen', '-o', name, ...flags]);
    expect(made.code).toBe(0);
    const [, recipient] = /^Public key: (age1\S+)\nKey id: [0-9a-f]{16}\n$/.exec(String(made.stdout))!;
    expect(recipient!.startsWith('age1pq1')).toBe(flags.length > 0);
    expect(statSync(join(host.folder, name)).mode & 0o777).toBe(0o600);
    const archive = `${name}.zip.age`;
    expect(await run(['create', ...app(), '-o', archive, '--recipient', recipient!])).toMatchObject({ code: 0 });
    expect(await run(['verify', archive, '--identity', name])).toMatchObject({ code: 0 });
    // A key that exists is never replaced.
    const again = await run(['keygen', '-o', name]);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('already exists') });
    const shown = await run(['keygen', ...flags]);
    expect(String(shown.stdout)).toMatch(/^# created: .*\n# public key: age1\S+\nAGE-SECRET-KEY-\S+\n$/);
    expect(shown.stderr).toMatch(/^Public key: age1\S+\nKey id: [0-9a-f]{16}\n$/);
  });

  describe('of the application', () => {
    let env: Record<string, string>;
    const vault = () => readdirSync(join(host.folder, 'vault'));
    beforeAll(() => {
      env = {
        HOST_RECIPIENTS: JSON.stringify([alice.recipient]),
        HOST_VAULTS: JSON.stringify({ vault: join(host.folder, 'vault') }),
      };
    });

    it('encrypt without being asked, whatever key is at hand, and nothing opens without the identity', async () => {
      const made = await run(['create', ...app(), '-o', 'own.zip.age'], { ...env, BACKUP_AES_KEY: AES_KEY });
      expect(made).toMatchObject({ code: 0, stderr: expect.not.stringContaining('Warning') });
      expect(await run(['verify', 'own.zip.age', ...app()], env)).toMatchObject({ code: 4 });
      expect(await run(['verify', 'own.zip.age', '--identity', 'alice.txt'])).toMatchObject({ code: 0 });
      expect(await run(['create', ...app(), '--to', 'vault', '--encrypt'], env)).toMatchObject({ code: 0 });
      expect(vault().every((name) => name.includes('.zip.age'))).toBe(true);
      const latest = ['vault:latest', ...app(), '--identity', 'alice.txt'];
      expect(await run(['verify', ...latest], env)).toMatchObject({ code: 0 });
      expect(await run(['verify', ...latest, '--restore'], env)).toMatchObject({ code: 0 });
      expect(await run(['restore', ...latest, '--replace'], env)).toMatchObject({ code: 0 });
      const listed = await run(['list', ...app(), '--json'], env);
      expect(JSON.parse(String(listed.stdout))).toMatchObject([{ encrypted: true, result: 'success' }]);
      // A key that is given by name is meant.
      const keyed = await run(['create', ...app(), '-o', 'own.zip.crypt', '--key-file', 'key.txt'], env);
      expect(keyed).toMatchObject({ code: 0 });
      expect(await run(['verify', 'own.zip.crypt', '--key-file', 'key.txt'])).toMatchObject({ code: 0 });
    });

    it('whose variable is not set stop the start and a backup, and do not stop a restore', async () => {
      const unset = { ...env, HOST_RECIPIENTS: '[]' };
      expect((await host.start({ env: unset })).stderr).toContain('option "recipients": it is empty');
      const made = await run(['create', ...app(), '-o', 'none.zip'], unset);
      expect(made).toMatchObject({ code: 1, stderr: expect.stringContaining('option "recipients": it is empty') });
      expect(readdirSync(host.folder)).not.toContain('none.zip');
      const restored = await run(['restore', 'b.zip.age', ...app(), '--replace', '--identity', 'bob.txt'], unset);
      expect(restored).toMatchObject({ code: 0 });
      const schedules = JSON.stringify([{ cron: '0 3 * * *', destinations: ['vault'] }]);
      const started = await host.start({ env: { ...unset, HOST_SCHEDULES: schedules } });
      expect(started.stderr).toContain('option "recipients": it is empty');
    });
  });
});
