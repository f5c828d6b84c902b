import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliHost } from '../fixtures/cli.js';
import { onTerminal, runOnTerminal } from '../fixtures/on-terminal.js';
import { AES_KEY } from '../fixtures/secrets.js';

describe('What the command line says', () => {
  let host: CliHost;
  beforeAll(async () => {
    host = await CliHost.make();
    const env = { BACKUP_AES_KEY: AES_KEY };
    expect(await host.run(['create', '--app', host.app, '--encrypt', '-o', 'b.crypt'], { env })).toMatchObject({
      code: 0,
    });
    writeFileSync(join(host.folder, 'key'), AES_KEY);
    mkdirSync(join(host.folder, 'vault'));
  });
  afterAll(() => host.remove());

  it.each([
    ['create', ['create', '--app', 'APP', '-o', 'quiet.zip']],
    ['restore', ['restore', 'b.crypt', '--app', 'APP', '--replace', '--key-file', 'key']],
    ['verify', ['verify', 'b.crypt', '--key-file', 'key']],
    ['inspect', ['inspect', 'b.crypt', '--key-file', 'key']],
    ['decrypt', ['decrypt', 'b.crypt', '--key-file', 'key', '-o', 'plain.zip']],
    ['list', ['list', '--app', 'APP']],
  ])('is nothing with --quiet where all is well: %s', async (_, args) => {
    const quiet = [...args.map((arg) => (arg === 'APP' ? host.app : arg)), '--quiet'];
    const env = { HOST_VAULTS: JSON.stringify({ vault: join(host.folder, 'vault') }) };
    const { code, stdout, stderr } = await host.run(quiet, { env });
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('is what was asked for by name, even with --quiet', async () => {
    const { code, stdout, stderr } = await host.run(['verify', 'b.crypt', '--key-file', 'key', '--quiet', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout.toString())).toMatchObject({ verified: true, milliseconds: expect.any(Number) });
  });

  it('is which file a backup lacks, even with --quiet', async () => {
    const name = join(host.files, 'back\\slash');
    writeFileSync(name, '');
    try {
      const made = await host.run(['create', '--app', host.app, '-o', 'lacking.zip', '--quiet']);
      const said = { code: 5, stdout: '', stderr: expect.stringMatching(/left out .*back.*slash[^]*NOT COMPLETE/) };
      expect({ ...made, stdout: made.stdout.toString() }).toEqual(said);
      for (const command of ['verify', 'inspect']) {
        const seen = await host.run([command, 'lacking.zip', '--quiet']);
        expect({ ...seen, stdout: seen.stdout.toString() }).toEqual(said);
      }
    } finally {
      rmSync(name);
    }
  });

  it('is an error even with --quiet, without colours where there is no terminal', async () => {
    const { code, stderr } = await host.run(['restore', 'b.crypt', '--app', host.app, '--key-file', 'key', '--quiet']);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/"note" holds rows.*--replace/) });
    expect(stderr).not.toContain('\u001b');
  });

  it('is a question for the key only on a terminal', async () => {
    const { code, stderr } = await host.run(['verify', 'b.crypt', '--key', '-'], {
      stdin: Buffer.from(`${AES_KEY}\n`),
    });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/needs a terminal.*--key-file/) });
  });

  onTerminal('is no key that is typed, with a bar meanwhile', async () => {
    const { code, shown } = await runOnTerminal(host, ['verify', 'b.crypt', '--key', '-'], { typed: `${AES_KEY}\r` });
    expect({ code, shown }).toEqual({ code: 0, shown: expect.stringContaining('every byte was read') });
    expect(shown).not.toContain(AES_KEY.slice(0, 8));
    expect(shown).toMatch(/Verify \| 0 B/);
  });

  for (const [key, typed] of [
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ]) {
    onTerminal(`is what to do when the question is left by ${key}`, async () => {
      const { code, shown } = await runOnTerminal(host, ['verify', 'b.crypt', '--key', '-'], { typed: typed! });
      expect({ code, shown }).toEqual({ code: 2, shown: expect.stringMatching(/no AES key was typed.*--key-file/) });
    });
  }
});
