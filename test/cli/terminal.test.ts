import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliHost, MAIN } from '../fixtures/cli.js';
import { AES_KEY } from '../fixtures/secrets.js';
import { until } from '../fixtures/wait.js';

/** Makes a pseudo terminal; util-linux has it. */
const problem = problemOf(() => execFileSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'pipe' }));
if (problem !== undefined) console.warn(`Tests on a terminal are skipped: ${problem}`);
const onTerminal = problem === undefined ? it : it.skip;

function problemOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

describe('What the command line says', () => {
  let host: CliHost;
  beforeAll(async () => {
    host = await CliHost.make();
    const env = { BACKUP_AES_KEY: AES_KEY };
    expect(await host.run(['create', '--app', host.app, '--encrypt', '-o', 'b.crypt'], { env })).toMatchObject({
      code: 0,
    });
    writeFileSync(join(host.folder, 'key'), AES_KEY);
  });
  afterAll(() => host.remove());

  /** Runs the command line on a terminal of its own, where somebody types when asked for the key. */
  async function onTerminalOf(args: string[], typed: string): Promise<{ code: number; shown: string }> {
    const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: host.folder,
      env: { ...process.env, NODE_OPTIONS: '', TERM: 'xterm', ...host.environment },
    });
    let shown = '';
    terminal.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
    });
    const ended = once(terminal, 'close');
    if (typed !== '') {
      await until('it asks', () => shown.includes('AES key: '), 10_000);
      terminal.stdin.write(typed);
    }
    const [code] = await ended;
    return { code: code as number, shown };
  }

  it.each([
    ['create', ['create', '--app', 'APP', '-o', 'quiet.zip']],
    ['restore', ['restore', 'b.crypt', '--app', 'APP', '--replace', '--key-file', 'key']],
    ['verify', ['verify', 'b.crypt', '--key-file', 'key']],
  ])('is nothing on stderr with --quiet, and the result on stdout: %s', async (_, args) => {
    const { code, stdout, stderr } = await host.run([
      ...args.map((arg) => (arg === 'APP' ? host.app : arg)),
      '--quiet',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.toString()).toMatch(/ackup [0-9a-f-]{36}/);
  });

  it('is an error even with --quiet, without colours where there is no terminal', async () => {
    const { code, stderr } = await host.run(['restore', 'b.crypt', '--app', host.app, '--key-file', 'key', '--quiet']);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/"note" hold rows.*--replace/) });
    expect(stderr).not.toContain('\u001b');
  });

  it('is a question for the key only on a terminal', async () => {
    const { code, stderr } = await host.run(['verify', 'b.crypt', '--key', '-'], {
      stdin: Buffer.from(`${AES_KEY}\n`),
    });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/needs a terminal.*--key-file/) });
  });

  onTerminal('is no key that is typed, with a bar meanwhile', async () => {
    const { code, shown } = await onTerminalOf(['verify', 'b.crypt', '--key', '-'], `${AES_KEY}\r`);
    expect({ code, shown }).toEqual({ code: 0, shown: expect.stringContaining('every byte was read') });
    expect(shown).not.toContain(AES_KEY.slice(0, 8));
    expect(shown).toMatch(/Verify \[.*\] 0% ETA/);
  });

  onTerminal.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('is what to do when the question is left by %s', async (_, typed) => {
    const { code, shown } = await onTerminalOf(['verify', 'b.crypt', '--key', '-'], typed);
    expect({ code, shown }).toEqual({ code: 2, shown: expect.stringMatching(/no AES key was typed.*--key-file/) });
  });
});
