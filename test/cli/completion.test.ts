import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAIN } from '../fixtures/cli.js';
import { problemWith } from '../fixtures/machine.js';
import { itUnless } from '../fixtures/unless.js';

const run = (...args: string[]) => execFileSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });

const inShell = (shell: string) => itUnless(problemWith(shell, '-c', 'true'));

describe('A completion script', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestjs-backup-completion-'));
    for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(join(folder, shell), run('completion', shell));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const cases: ReadonlyArray<[string, string, string[]]> = [
    ['commands', 're', ['restore', 'rewrap']],
    ['flags of a command', 'restore --re', ['--replace', '--redacted', '--read-back']],
    ['shells', 'completion z', ['zsh']],
  ];

  /** As bash does it: the words of the line, the last one unfinished. */
  function bashReplies(line: string): string[] {
    const script = `source ./bash; COMP_WORDS=(nestjs-backup ${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
      compopt() { :; }
      $(complete -p nestjs-backup | sed 's/.*-F \\([^ ]*\\) .*/\\1/'); printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' }).split('\n').filter(Boolean);
  }

  inShell('bash').each(cases)('completes %s in bash', (_, line, words) => {
    expect(bashReplies(line).toSorted()).toEqual(words.toSorted());
  });

  inShell('bash')('leaves names of files to bash', () => {
    expect(bashReplies('restore --app dist')).toEqual([]);
    expect(bashReplies('restore back')).toEqual([]);
    const script = 'source ./bash; complete -p nestjs-backup';
    expect(execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' })).toContain('-o default');
  });

  inShell('fish').each(cases)('completes %s in fish', (_, line, words) => {
    const script = `source ./fish; complete -C 'nestjs-backup ${line}'`;
    const replies = execFileSync('fish', ['-c', script], { cwd: folder, encoding: 'utf8' }).trim().split('\n');
    expect(replies.map((reply) => reply.split('\t')[0]).toSorted()).toEqual(words.toSorted());
  });

  inShell('fish')('completes names of files in fish', () => {
    const script = "source ./fish; complete -C 'nestjs-backup restore --app fi'";
    expect(execFileSync('fish', ['-c', script], { cwd: folder, encoding: 'utf8' })).toMatch(/^fish\b/);
  });

  inShell('zsh')('is taken by zsh, sourced or from its $fpath', () => {
    const zsh = (script: string) => execFileSync('zsh', ['-f', '-c', script], { cwd: folder, encoding: 'utf8' });
    const sourced =
      'autoload -U compinit; compinit -D -u; source ./zsh; print $_comps[nestjs-backup]; whence -w _files';
    expect(zsh(sourced)).toMatch(/^_nestjs-backup$/m);
    const found = 'mkdir f; cp zsh f/_nestjs-backup; fpath=($PWD/f $fpath); autoload -U compinit; compinit -D -u';
    expect(zsh(`${found}; print $_comps[nestjs-backup]; autoload +X _nestjs-backup; print $?`)).toBe(
      '_nestjs-backup\n0\n',
    );
  });

  it('knows every command and every flag that the help names', () => {
    const scripts = Object.fromEntries(
      ['bash', 'zsh', 'fish'].map((one) => [one, readFileSync(join(folder, one), 'utf8')]),
    );
    const commands = [...run('--help').matchAll(/^ {2}(\w+) .*/gm)]
      .map(([, name]) => name!)
      .filter((name) => name !== 'help');
    expect(commands).toContain('completion');
    for (const command of commands) {
      const flags = [...run(command, '--help').matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, flag]) => flag!);
      expect(flags).toContain('help');
      for (const [shell, script] of Object.entries(scripts)) {
        expect(script).toContain(command);
        for (const flag of flags) expect({ shell, flag, known: script.includes(flag) }).toMatchObject({ known: true });
      }
    }
  });

  it('is refused for other shells', () => {
    expect(() => execFileSync(process.execPath, [MAIN, 'completion', 'tcsh'], { stdio: 'pipe' })).toThrow(
      /choices|Allowed/i,
    );
  });
});
