import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CliHost } from '../fixtures/cli.js';
import { onTerminal, runOnTerminal } from '../fixtures/on-terminal.js';
import { AES_KEY } from '../fixtures/secrets.js';

const ROWS = 60_000;
const FILE_BYTES = 20_000_000;
/** Without a terminal it says a line every ten seconds; here it is in a hurry. */
const HASTY = `--import ${pathToFileURL(join(import.meta.dirname, '../fixtures/hasty-interval.mjs')).href}`;

const commands: ReadonlyArray<[string, string[], RegExp]> = [
  ['create', ['create', '--app', 'APP', '-o', 'OUT'], /^Backup/],
  ['restore', ['restore', 'b.crypt', '--app', 'APP', '--replace'], /^Restore/],
  ['restore --dry-run', ['restore', 'b.crypt', '--app', 'APP', '--replace', '--dry-run'], /^Dry run/],
  ['verify', ['verify', 'b.crypt'], /^Verify/],
  ['verify --restore', ['verify', 'b.crypt', '--restore', '--app', 'APP'], /^Verify/],
  ['decrypt', ['decrypt', 'b.crypt', '-o', 'OUT'], /^Decryption/],
];

async function filled(): Promise<CliHost> {
  const host = await CliHost.make();
  const rows = Array.from({ length: 1000 }, (_, row) => `('${'a text of some length '.repeat(4)}${row}')`).join();
  for (let made = 0; made < ROWS; made += 1000) await host.database.query(`INSERT INTO note (text) VALUES ${rows}`);
  // Of random bytes, since what can be compressed is read in a moment.
  writeFileSync(join(host.files, 'large'), randomBytes(FILE_BYTES));
  return host;
}

describe('How far a command is', () => {
  let host: CliHost;
  let outputs = 0;
  const env = { BACKUP_AES_KEY: AES_KEY };
  const filledIn = (args: readonly string[]) =>
    args.map((arg) => (arg === 'APP' ? host.app : arg === 'OUT' ? `out-${outputs++}` : arg));
  beforeAll(async () => {
    host = await filled();
    const made = await host.run(['create', '--app', host.app, '--encrypt', '-o', 'b.crypt', '--quiet'], { env });
    expect(made).toMatchObject({ code: 0, stderr: '' });
  });
  afterAll(() => host.remove());

  it.each(commands)('is told in plain lines where there is no terminal: %s', async (_, args, verb) => {
    const { code, stderr } = await host.run(filledIn(args), { env: { ...env, NODE_OPTIONS: HASTY } });
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const lines = stderr.split('\n').filter((line) => verb.test(line));
    const percentages = lines.flatMap(
      (line) => /: (\d+)%, \S+ \S+ of \S+ [kMG]?B, \S+ [kMG]?B\/s, /.exec(line)?.[1] ?? [],
    );
    expect(percentages.length).toBeGreaterThan(2);
    expect(percentages.map(Number)).toEqual(percentages.map(Number).toSorted((one, other) => one - other));
    expect(Number(percentages.at(-1))).toBeGreaterThan(Number(percentages[0]));
    expect(lines.some((line) => / left, /.test(line))).toBe(true);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^Done in \d+(\.\d)? s\.$/);
  });

  for (const [command, args, verb] of commands) {
    onTerminal(`is a bar on a terminal: ${command}`, async () => {
      const { code, shown } = await runOnTerminal(host, filledIn(args), { env });
      expect({ code, shown: shown.slice(-500) }).toMatchObject({ code: 0 });
      const bar = new RegExp(
        `${verb.source.slice(1)} \\[(=+)-*\\] +(\\d+)% \\| \\S+ \\S+ of \\S+ [kMG]?B \\| \\S+ [kMG]?B/s \\| `,
      );
      expect(shown).toMatch(bar);
      expect(shown).toMatch(/Done in \d+(\.\d)? s\./);
    });
  }

  it('is told of rows against those of the manifest while a restore loads them', async () => {
    const { stderr } = await host.run(filledIn(commands[1]![1]), { env: { ...env, NODE_OPTIONS: HASTY } });
    expect(stderr).toMatch(/^Restore: \d+%, .* note: [\d,]+ of 60,003 rows$/m);
    expect(stderr).toMatch(/^Restore: \d+%, .* files: \d of 3 files$/m);
  });
});
