import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ExitCode } from '../../lib/cli/exit-codes.js';
import { MAIN } from '../fixtures/cli.js';

const run = (...args: string[]) => execFileSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });

describe('The help of the command line', () => {
  const commands = [...run('--help').matchAll(/^ {2}(\w+) .*/gm)].map(([, name]) => name!);
  const own = commands.filter((name) => name !== 'help');

  it('has every command', () => {
    expect(own).toEqual(
      expect.arrayContaining(['create', 'list', 'prune', 'restore', 'verify', 'inspect', 'decrypt', 'completion']),
    );
  });

  it.each(own)('of %s has examples that it understands, exit codes in words, and a hundred columns', (command) => {
    const help = run(command, '--help');
    expect(help.split('\n').filter((line) => line.length > 100)).toEqual([]);
    const [, examples = '', codes = ''] = /\nExamples:\n([^]*?)\n\nExit codes:\n([^]*)$/.exec(help) ?? [];
    const lines = examples.split('\n').filter((line) => !line.startsWith('  # '));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toMatch(new RegExp(`^ {2}nestjs-backup ${command} `));
      for (const [flag] of line.replace(/\|.*/, '').matchAll(/(?<= )--?[a-z][a-z-]*/g)) {
        expect({
          line,
          flag,
          known: new RegExp(`${flag}[ ,]`).test(help.slice(0, help.indexOf('Examples:'))),
        }).toMatchObject({ known: true });
      }
    }
    const known = Object.values(ExitCode).map(String);
    const told = [...codes.matchAll(/^ {2}(\d) {2}\w.{3}/gm)].map(([, code]) => code!);
    expect(told).toEqual(expect.arrayContaining(['0', '2']));
    for (const code of told) expect(known).toContain(code);
  });

  it('is not needed for the version, which is that of the package', () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
    expect([run('--version'), run('-V')]).toEqual([`${version}\n`, `${version}\n`]);
  });
});
